import { execFile } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { servicePath } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`

interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly home: string
  readonly cwd: string
}

/** Runs a program in a home of its own, with nothing of this machine's. */
function run(program: string, words: readonly string[], { home, cwd }: Surroundings): Promise<Ended> {
  const env = { PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home, TZ: 'UTC' }
  return new Promise((resolve, reject) => {
    execFile(program, [...words], { cwd, env }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error)
      resolve({
        exit: error === null ? 0 : Number(error.code),
        stdout,
        stderr: stderr.replaceAll(/^time="[^"]*"/gm, 'time=T'),
      })
    })
  })
}

describeWithServices(['skopeo', 'docker-registry'], 'run as skopeo, lading is taken for it', () => {
  let given: string
  let ours: string
  let theirs: string

  beforeAll(async () => {
    given = await newFolder()
    theirs = servicePath('skopeo')
    ours = path.join(await newFolder(), 'skopeo')
    await symlink(path.join(checkout, 'bin/lading.js'), ours)
    const place = { home: await newFolder(), cwd: given }
    await mkdir(path.join(given, 'foreign'))
    await writeFile(path.join(given, 'foreign/file'), 'x')
    await writeFile(path.join(given, 'accept.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
    await writeFile(path.join(given, 'reject.json'), '{"default":[{"type":"reject"}]}')
    await writeFile(
      path.join(given, 'only-oci.json'),
      '{"default":[{"type":"reject"}],"transports":{"oci":{"":[{"type":"insecureAcceptAnything"}]}}}',
    )
    await mkdir(path.join(given, 'empty'))
    for (const to of ['dir:directory', 'docker-archive:docker.tar:app:1', 'oci-archive:oci.tar:v1']) {
      expect(await run(theirs, ['--insecure-policy', 'copy', '-q', image, to], place)).toMatchObject({ exit: 0 })
    }
  })

  /** Both programs on the same words, each in a copy of what is given. */
  async function both(words: readonly string[]): Promise<{ skopeo: Ended; lading: Ended }> {
    const home = await newFolder()
    const ended = []
    for (const program of [theirs, ours]) {
      const cwd = path.join(await newFolder(), 'here')
      await cp(given, cwd, { recursive: true })
      ended.push(await run(program, words, { home, cwd }))
    }
    const [skopeo, lading] = ended
    if (skopeo === undefined || lading === undefined) throw new Error('both have ended')
    return { skopeo, lading }
  }

  test.each([
    [['--version']],
    [['-v']],
    [[]],
    [['nope']],
    [['xyzzy']],
    [['--nope']],
    [['copy', '--nope']],
    [['copy', '-x']],
    [['copy', '--format']],
    [['copy', '-af']],
    [['copy', '--insecure-policy', image, 'dir:new']],
    [['--insecure-policy', 'copy', '-q', image, 'dir:directory']],
    [['--insecure-policy', 'copy', image, 'dir:empty']],
    [['--insecure-policy', 'copy', image, 'docker-archive:new.tar:app:1']],
    [['--insecure-policy', 'copy', image, 'oci-archive:oci.tar:v2']],
    [['--insecure-policy', 'copy', '--format', 'v2s2', image, 'dir:new']],
    [['--insecure-policy', 'copy', '--dest-decompress', image, 'dir:new']],
    [['--insecure-policy', 'copy', '--all', 'dir:directory', 'oci:new:v1']],
    [['--insecure-policy', 'copy', 'docker-archive:docker.tar', 'oci:new:v1']],
    [['--insecure-policy', 'copy', 'docker-archive:docker.tar', 'dir:new']],
    [['--insecure-policy', '--override-arch=arm64', 'copy', image, 'dir:new']],
    [['--override-arch', 'arm64', '--override-variant=v8', 'inspect', image]],
    [['--insecure-policy', 'copy', '--dest-shared-blob-dir', 'shared', image, 'oci:new:v1']],
    [['--insecure-policy', 'copy', '--digestfile', 'digest', '--image-parallel-copies=2', image, 'oci:new:v1']],
    [['--policy', 'accept.json', 'copy', image, 'dir:new']],
    [['--policy=only-oci.json', 'copy', image, 'dir:new']],
    [['--insecure-policy', 'copy', 'alpine', 'dir:new']],
    [['--insecure-policy', 'copy', image, 'foo:new']],
    [['--insecure-policy', 'copy', 'docker:alpine', 'dir:new']],
    [['--insecure-policy', 'copy', '--multi-arch', 'some', image, 'dir:new']],
    [['inspect', image]],
    [['inspect', 'dir:directory']],
    [['inspect', '--raw', image]],
    [['inspect', '--config', image]],
    [['inspect', '--config', '--raw', image]],
    [['inspect', '-f', '{{.Name}} {{.Digest}} {{.Created}} {{.Env}}', image]],
    [['inspect', '--format', '{{range $k, $v := .Labels}}{{$k}}={{$v}}{{end}}', image]],
    [['inspect', '--format={{json .LayersData}}', image]],
    [['inspect', '--config', '-f', '{{.Config.Cmd}} {{.Architecture}} {{.}}', image]],
    [['inspect', '--raw', '-f', 'x', image]],
    [['list-tags', 'docker-archive:docker.tar']],
    [['list-tags', 'dir:directory']],
    [['list-tags', 'a']],
    [['manifest-digest', 'directory/manifest.json']],
    [['manifest-digest']],
    [['--insecure-policy', 'sync', '--dest', 'dir', 'a', 'b']],
    [['--insecure-policy', 'sync', '--src=oci', '--dest', 'dir', 'a', 'b']],
    [['login']],
    [['login', 'a', 'b']],
    [['login', '--authfile', 'a', '--compat-auth-file', 'b', 'registry.example.com']],
    [['login', '--get-login', 'registry.example.com']],
    [['logout']],
  ])('%j gives the same streams and exit code', async words => {
    const { skopeo, lading } = await both(words)
    expect(lading).toEqual(skopeo)
  })

  test.each([
    ['there is no policy', ['copy', image, 'dir:new'], 1],
    ['there is no policy, to sync', ['sync', '--src', 'docker', '--dest', 'dir', 'example.com/a', 'new'], 1],
    ['the policy rejects it', ['--policy', 'reject.json', 'copy', image, 'dir:new'], 1],
    ['the layout has no such image', ['--insecure-policy', 'copy', `${image}2`, 'dir:new'], 2],
    ['there is no layout', ['--insecure-policy', 'copy', 'oci:missing:v1', 'dir:new'], 1],
    ['a directory is of another', ['--insecure-policy', 'copy', image, 'dir:foreign'], 1],
    ['an archive exists', ['--insecure-policy', 'copy', image, 'docker-archive:docker.tar:app:1'], 1],
    ['no image is for the system', ['--insecure-policy', '--override-arch=mips', 'copy', image, 'dir:new'], 1],
    ['a flag has a wrong value', ['copy', '--all=maybe', image, 'dir:new'], 1],
    ['a template has a wrong field', ['inspect', '-f', '{{.Nme}}', image], 1],
    ['a tag stands beside a digest', ['inspect', `docker://example.com/a:v1@sha256:${'a'.repeat(64)}`], 1],
    ['nobody is logged in', ['logout', 'registry.example.com'], 1],
    ['a directory is to be deleted', ['delete', 'dir:directory'], 1],
    ['a file is not there', ['manifest-digest', 'missing'], 1],
  ])('where %s, it fails alike, in other words', async (_, words, exit) => {
    const { skopeo, lading } = await both(words)
    expect({ exit: lading.exit, stdout: lading.stdout }).toEqual({ exit: skopeo.exit, stdout: skopeo.stdout })
    expect(skopeo.exit).toBe(exit)
    for (const { stderr } of [skopeo, lading]) expect(stderr).toMatch(/^time=T level=fatal msg="[^\n]*"\n$/)
  })

  test.each([
    'copy',
    'delete',
    'inspect',
    'list-tags',
    'login',
    'logout',
    'manifest-digest',
    'sync',
    '',
  ])('every option of `skopeo %s` is known, with its letter', async command => {
    const { skopeo, lading } = await both([...(command === '' ? [] : [command]), '--help'])
    const flags = (help: string) => [...help.matchAll(/^ +(-\w, )?(--[\w.-]+)( \S+)?(?= {2,})/gm)]
    const known = new Map(
      flags(lading.stdout).map(([, letter, name, value]) => [name, { letter, takes: value !== undefined }]),
    )
    const wanted = flags(skopeo.stdout)
    expect(wanted.length).toBeGreaterThan(0)
    for (const [, letter, name, value] of wanted) {
      expect({ name, ...known.get(name) }).toEqual({ name, letter, takes: value !== undefined })
    }
  })

  describe('at a registry', () => {
    test('copies, lists, inspects, syncs and deletes', async () => {
      await using registry = await startRegistry()
      const { host } = registry
      const to = (name: string) => `docker://${host}/dialect/${name}`
      const steps = (name: string): readonly (readonly string[])[] => [
        ['--insecure-policy', 'copy', '--dest-tls-verify=false', image, to(`${name}:v1`)],
        ['--insecure-policy', 'copy', '--dest-tls-verify=false', 'docker-archive:docker.tar', to(`${name}:v2`)],
        ['inspect', '--tls-verify=false', to(`${name}:v1`)],
        ['inspect', '-n', '--tls-verify=false', to(`${name}:v1`)],
        ['list-tags', '--tls-verify=false', to(name)],
        ['--insecure-policy', 'copy', '--src-tls-verify=false', to(`${name}:v1`), 'dir:pulled'],
        ['login', '--tls-verify=false', '-u', 'me', '-p', 'secret', host],
        ['login', '--get-login', host],
        ['logout', host],
        ['login', '--tls-verify=false', '-v', '-u', 'me', '-p', 'secret', '--compat-auth-file', 'config.json', host],
        ['logout', '--compat-auth-file', 'config.json', host],
        ['delete', '--tls-verify=false', to(`${name}:v1`)],
      ]
      const all: Ended[][] = []
      for (const [program, name] of [
        [theirs, 'skopeo'],
        [ours, 'lading'],
      ] as const) {
        const cwd = path.join(await newFolder(), 'here')
        await cp(given, cwd, { recursive: true })
        const place = { home: await newFolder(), cwd }
        const ended: Ended[] = []
        for (const words of steps(name)) {
          const { stdout, ...rest } = await run(program, words, place)
          ended.push({ ...rest, stdout: stdout.replaceAll(`dialect/${name}`, 'dialect/NAME') })
        }
        all.push(ended)
      }
      expect(all[1]).toEqual(all[0])
      expect(all[0]?.map(({ exit }) => exit)).toEqual(steps('x').map(() => 0))
    })

    test.each([
      ['the tag is missing', (host: string) => ['inspect', '--tls-verify=false', `docker://${host}/a/b:v1`], 2],
      ['nothing speaks TLS', (host: string) => ['inspect', `docker://${host}/a/b:v1`], 1],
      ['the repository is missing', (host: string) => ['list-tags', '--tls-verify=false', `docker://${host}/a/b`], 1],
      ['nothing is to be deleted', (host: string) => ['delete', '--tls-verify=false', `docker://${host}/a/b:v1`], 1],
    ])('where %s, it fails alike', async (_, words, exit) => {
      await using registry = await startRegistry()
      const { skopeo, lading } = await both(words(registry.host))
      expect([skopeo.exit, lading.exit]).toEqual([exit, exit])
      expect(lading.stdout).toBe(skopeo.stdout)
    })
  })
})
