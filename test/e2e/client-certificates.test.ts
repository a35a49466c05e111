import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificate } from '../services/certificate.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { lading, newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`

interface Outcome {
  readonly code: number | null
  readonly stderr: string
}

/** The two programs, which take the same words. */
const programs: [string, (args: readonly string[], env?: Record<string, string>) => Promise<Outcome>][] = [
  ['lading', (args, env = {}) => lading(args, { env })],
  ['skopeo', (args, env = {}) => peer('skopeo').attempt(['--insecure-policy', ...args], { env })],
]

describeWithServices(['docker-registry', 'openssl', 'skopeo'], 'a registry that asks for a certificate', () => {
  let registry: RegistryServer
  let folder: string
  /** Its authority, and a client that it knows. */
  let whole: string
  let count = 0
  const target = () => `docker://${registry.host}/team/app:v${++count}`
  const creds = 'test:secret'

  beforeAll(async () => {
    folder = await newFolder()
    const client = await makeCertificate(folder, 'me')
    registry = await startRegistry({ auth: 'basic', tls: true, clientAuthorities: [client.certificateFile] })
    whole = await certificates('whole', ['ca.crt', 'me.cert', 'me.key'])
  })
  afterAll(() => registry.stop())

  /** A new folder with these of the files. */
  async function certificates(name: string, files: readonly string[]): Promise<string> {
    const made = path.join(folder, name)
    const from: Record<string, string> = {
      'ca.crt': registry.caFile ?? '',
      'me.cert': path.join(folder, 'me.pem'),
      'me.key': path.join(folder, 'me.key'),
    }
    await rm(made, { recursive: true, force: true })
    await mkdir(made, { recursive: true })
    for (const file of files) await copyFile(from[file] ?? '', path.join(made, file))
    return made
  }

  describe.each(programs)('%s', (name, run) => {
    test('is let in with the certificates of a folder that is named, on both sides', async () => {
      const [one, other] = [target(), target()]
      const up = await run(['copy', '--dest-creds', creds, '--dest-cert-dir', whole, image, one])
      expect(up).toMatchObject({ code: 0 })
      const across = ['--src-creds', creds, '--src-cert-dir', whole, '--dest-creds', creds, '--dest-cert-dir', whole]
      expect(await run(['copy', ...across, one, other])).toMatchObject({ code: 0 })
      expect(await run(['inspect', '--raw', '--creds', creds, '--cert-dir', whole, other])).toMatchObject({ code: 0 })
    })

    test('finds them in certs.d of its user', async () => {
      const home = path.join(folder, `home-of-${name}`)
      const found = path.join(home, '.config/containers/certs.d', registry.host)
      const args = ['copy', '--dest-creds', creds, image, target()]
      expect((await run(args, { HOME: home })).code).not.toBe(0)
      await certificates(path.relative(folder, found), ['ca.crt', 'me.cert', 'me.key'])
      expect(await run(args, { HOME: home })).toMatchObject({ code: 0 })
    })

    test('logs in with them', async () => {
      const authFile = path.join(folder, `${name}.json`)
      const login = ['login', '-u', 'test', '-p', 'secret', '--authfile', authFile]
      expect((await run([...login, registry.host])).code).not.toBe(0)
      expect(await run([...login, '--cert-dir', whole, registry.host])).toMatchObject({ code: 0 })
      expect(JSON.parse(await readFile(authFile, 'utf8'))).toEqual({
        auths: { [registry.host]: { auth: btoa(creds) } },
      })
      const logout = ['logout', '--authfile', authFile, '--tls-verify=true', registry.host]
      expect(await run(logout)).toMatchObject({ code: 0 })
    })

    test.each([
      ['without a certificate to show', ['ca.crt'], /certificate/],
      ['without its authority', ['me.cert', 'me.key'], /authority/],
      ['with a certificate without its key', ['ca.crt', 'me.cert'], /me\.key/],
      ['with a key without its certificate', ['ca.crt', 'me.key'], /me\.cert/],
    ])('is not let in %s', async (_, files, said) => {
      const given = await certificates('part', files)
      const { code, stderr } = await run(['copy', '--dest-creds', creds, '--dest-cert-dir', given, image, target()])
      expect(code).not.toBe(0)
      expect(stderr).toMatch(said)
      expect(stderr).not.toContain('secret')
    })

    test('needs no authority where certificates are not checked', async () => {
      const given = await certificates('unchecked', ['me.cert', 'me.key'])
      const options = ['--dest-creds', creds, '--dest-cert-dir', given, '--dest-tls-verify=false']
      expect(await run(['copy', ...options, image, target()])).toMatchObject({ code: 0 })
    })
  })

  test('says what to do where it wants to know who asks', async () => {
    const given = await certificates('nobody', ['ca.crt'])
    const { stderr } = await lading(['inspect', '--cert-dir', given, target()])
    expect(stderr).toMatch(/certificate.*--cert-dir/)
  })

  test('is told of an authority that cannot be read, and the copy goes on', async () => {
    const given = await certificates('odd', ['ca.crt', 'me.cert', 'me.key'])
    await writeFile(path.join(given, 'odd.crt'), 'nothing')
    const { code, stderr } = await lading(['copy', '--dest-creds', creds, '--dest-cert-dir', given, image, target()])
    expect(code).toBe(0)
    expect(stderr).toContain('odd.crt holds no certificate in PEM')
  })
})
