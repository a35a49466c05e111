import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { lading, newFolder } from './lading.ts'

const image = (name: string) => `oci:${path.join(checkout, 'examples/hello')}:${name}`

describeWithServices(['docker-registry', 'skopeo'], 'registries.conf', () => {
  let own: RegistryServer
  let mirror: RegistryServer
  let safe: RegistryServer
  let digest: string
  beforeAll(async () => {
    ;[own, mirror, safe] = await Promise.all([startRegistry(), startRegistry(), startRegistry({ tls: true })])
    for (const name of [`${own.host}/own/app:v1`, `${mirror.host}/mirror/app:v1`, `${safe.host}/safe/app:v1`]) {
      const { code, stderr } = await lading(['copy', '--tls-verify=false', image('v1'), name])
      expect({ code, stderr }).toMatchObject({ code: 0 })
    }
    const inspected = await lading(['inspect', '--output', 'json', image('v1')])
    digest = JSON.parse(inspected.stdout).digest
  })
  afterAll(async () => {
    await Promise.all([own, mirror, safe].map(server => server?.stop()))
  })

  async function confFile(content: string): Promise<string> {
    const file = path.join(await newFolder(), 'registries.conf')
    await writeFile(file, content)
    return file
  }

  /** Whether skopeo and lading find the image of a name, or are kept from it. */
  async function both(conf: string, name: string, ...options: string[]) {
    const registriesConf = await confFile(conf)
    const from = ['inspect', '--registries-conf', registriesConf, ...options, '--raw']
    const ours = await lading([...from, name])
    const theirs = await peer('skopeo').attempt([
      '--registries-conf',
      registriesConf,
      'inspect',
      ...options,
      '--raw',
      `docker://${name}`,
    ])
    return { ours, theirs }
  }

  const moved = () => `[[registry]]\nprefix = "logical.test/x"\nlocation = "${own.host}/own"\ninsecure = true\n`
  const mirrored = (pulls = 'all') =>
    `[[registry]]\nprefix = "logical.test/x"\nlocation = "127.0.0.1:1/x"\n` +
    `[[registry.mirror]]\nlocation = "${mirror.host}/mirror"\ninsecure = true\npull-from-mirror = "${pulls}"\n`

  describe('lading reads what skopeo reads', () => {
    test.each<[string, () => string, () => string]>([
      ['a prefix that is somewhere else', moved, () => 'logical.test/x/app:v1'],
      ['a mirror of what is down', mirrored, () => 'logical.test/x/app:v1'],
      ['a digest of a mirror for those', () => mirrored('digest-only'), () => `logical.test/x/app@${digest}`],
      ['a tag of a mirror for those', () => mirrored('tag-only'), () => 'logical.test/x/app:v1'],
      [
        'a mirror of what is blocked',
        () =>
          `[[registry]]\nlocation = "${own.host}"\nblocked = true\n[[registry.mirror]]\nlocation = "${mirror.host}/mirror"\ninsecure = true`,
        () => `${own.host}/app:v1`,
      ],
      [
        'what only the location has',
        () => `${moved()}[[registry.mirror]]\nlocation = "${mirror.host}/none"\ninsecure = true`,
        () => 'logical.test/x/app:v1',
      ],
      [
        'a wildcard',
        () => `[[registry]]\nprefix = "*.logical.test"\nlocation = "${own.host}"\ninsecure = true`,
        () => 'a.b.logical.test/own/app:v1',
      ],
      [
        'a certificate of nobody, where that is allowed',
        () => `[[registry]]\nlocation = "${safe.host}"\ninsecure = true`,
        () => `${safe.host}/safe/app:v1`,
      ],
    ])('%s', async (_, conf, name) => {
      const { ours, theirs } = await both(conf(), name())
      expect({ code: ours.code, stderr: ours.stderr }).toMatchObject({ code: 0 })
      expect({ code: theirs.code, stderr: theirs.stderr }).toMatchObject({ code: 0 })
      expect(ours.stdout).toBe(theirs.stdout)
    })
  })

  describe('lading refuses what skopeo refuses', () => {
    test.each<[string, () => string, () => string, string, string]>([
      [
        'what is blocked',
        () => `[[registry]]\nlocation = "${own.host}/own"\nblocked = true`,
        () => `${own.host}/own/app:v1`,
        ' blocks ',
        'is blocked',
      ],
      [
        'a tag of a mirror for digests',
        () => mirrored('digest-only'),
        () => 'logical.test/x/app:v1',
        '127.0.0.1:1',
        'refused',
      ],
      [
        'an image that is nowhere, naming the mirror',
        () => `${moved()}[[registry.mirror]]\nlocation = "${mirror.host}/none"\ninsecure = true`,
        () => 'logical.test/x/absent:v1',
        '/none/absent:v1 failed too',
        'Mirrors also failed',
      ],
      ['a certificate of nobody', () => '', () => `${safe.host}/safe/app:v1`, 'certificate', 'certificate'],
      [
        'a file that is wrong',
        () => '[[registry]]\nlocation = "http://a.io"',
        () => `${own.host}/own/app:v1`,
        'begins with a scheme',
        'URI schemes are not supported',
      ],
    ])('%s', async (_, conf, name, our, their) => {
      const { ours, theirs } = await both(conf(), name())
      expect(ours).toMatchObject({ stdout: '', stderr: expect.stringContaining(our) })
      expect(theirs).toMatchObject({ stdout: '', stderr: expect.stringContaining(their) })
      expect([ours.code === 0, theirs.code === 0]).toEqual([false, false])
    })
  })

  test('what the command line says of TLS counts before the file', async () => {
    const conf = `[[registry]]\nlocation = "${safe.host}"\ninsecure = true`
    const { ours, theirs } = await both(conf, `${safe.host}/safe/app:v1`, '--tls-verify=true')
    expect(ours).toMatchObject({ code: 5, stderr: expect.stringContaining('certificate') })
    expect(theirs).toMatchObject({ stderr: expect.stringContaining('certificate') })
  })

  test('an image is written where it is named, and no mirror gets it', async () => {
    const conf = await confFile(
      `[[registry]]\nprefix = "${own.host}/written"\nlocation = "${mirror.host}/written"\n` +
        `[[registry.mirror]]\nlocation = "${mirror.host}/written"\n[[registry]]\nlocation = "${own.host}/closed"\nblocked = true\n`,
    )
    const write = (name: string) => lading(['copy', '--registries-conf', conf, image('v1'), `${own.host}/${name}`])
    expect(await write('written/app:v1')).toMatchObject({ code: 0 })
    expect(await lading(['inspect', `${own.host}/written/app:v1`])).toMatchObject({ code: 0 })
    expect(await lading(['inspect', `${mirror.host}/written/app:v1`])).toMatchObject({ code: 2 })
    const closed = await write('closed/app:v1')
    expect(closed).toMatchObject({ code: 1, stderr: expect.stringContaining(` blocks ${own.host}/closed`) })
    expect(closed.stderr).toContain('destination')
  })

  test('a copy comes whole from the mirror, under its own name, and says what was passed over', async () => {
    const folder = await newFolder()
    const conf = await confFile(
      `[[registry]]\nprefix = "logical.test/x"\nlocation = "127.0.0.1:1/x"\n` +
        `[[registry.mirror]]\nlocation = "127.0.0.1:1/first"\n[[registry.mirror]]\nlocation = "${mirror.host}/mirror"\n`,
    )
    const to = `oci:${path.join(folder, 'layout')}:v1`
    const run = await lading(['copy', '--output', 'json', '--registries-conf', conf, 'logical.test/x/app:v1', to])
    expect(run).toMatchObject({ code: 0 })
    expect(run.stderr).toContain('127.0.0.1:1/first/app:v1')
    expect(JSON.parse(run.stdout)).toMatchObject({ source: 'logical.test/x/app:v1', digest })
  })

  test("the user's file is found, an alias in it makes a short name long, and without one it is Docker Hub's", async () => {
    const home = await newFolder()
    const folder = path.join(home, '.config/containers/registries.conf.d')
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'app.conf'), `[aliases]\n"app" = "${own.host}/own/app"\n`)
    const inspect = (...name: string[]) => lading(['inspect', '--output', 'json', ...name], { env: { HOME: home } })
    const { code, stdout } = await inspect('app:v1')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ reference: `${own.host}/own/app:v1`, digest })
    const blocked = await confFile('[[registry]]\nlocation = "docker.io"\nblocked = true\n')
    expect(await inspect('--registries-conf', blocked, 'docker://app:v1')).toMatchObject({ code: 1 })
    expect(await inspect('--registries-conf', blocked, 'other:v1')).toMatchObject({ code: 1 })
    expect(await inspect('--registries-conf', blocked, 'app:v1')).toMatchObject({ code: 0 })
  })
})
