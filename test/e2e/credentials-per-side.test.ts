import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { lading, newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`

/** The two programs, which take the same words. */
const programs = [
  ['lading', (args: readonly string[]) => lading(args)],
  ['skopeo', (args: readonly string[]) => peer('skopeo').attempt(['--insecure-policy', ...args])],
] as const

describeWithServices(['docker-registry', 'openssl', 'skopeo'], 'who to be at each side', () => {
  let passwords: RegistryServer
  /** Anyone may pull here. */
  let tokens: RegistryServer
  let files: { right: string; wrong: string }
  let count = 0

  beforeAll(async () => {
    ;[passwords, tokens] = await Promise.all([startRegistry({ auth: 'basic' }), startRegistry({ auth: 'token' })])
    const folder = await newFolder()
    const write = async (name: string, login: string) => {
      const auths = Object.fromEntries([passwords, tokens].map(({ host }) => [host, { auth: btoa(login) }]))
      await writeFile(path.join(folder, name), JSON.stringify({ auths }))
      return path.join(folder, name)
    }
    files = { right: await write('right.json', 'test:secret'), wrong: await write('wrong.json', 'test:s3cret') }
  })
  afterAll(() => Promise.all([passwords.stop(), tokens.stop()]))

  const at = (registry: RegistryServer) => `docker://${registry.host}/team/app:v${++count}`
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']

  /** A token that the registry takes, for pushing to one repository. */
  async function bearer(repository: string): Promise<string> {
    const scope = `repository:${repository}:pull,push`
    const url = `${tokens.tokens?.realm}?service=registry&scope=${scope}`
    const response = await fetch(url, { headers: { authorization: `Basic ${btoa('test:secret')}` } })
    const { token } = (await response.json()) as { token: string } // the test server's own answer
    return token
  }

  describe.each(programs)('%s', (_, run) => {
    test.each<[string, boolean, string[]]>([
      ['a user', true, ['--dest-creds=test:secret']],
      ['a user before the file', true, ['--dest-creds=test:secret', '--authfile=WRONG']],
      ['a user in two options', true, ['--dest-username=test', '--dest-password=secret']],
      ["a side's own file before the other", true, ['--dest-authfile=RIGHT', '--authfile=WRONG']],
      ['a wrong password, where the file has the right one', false, ['--dest-creds=test:s3cret', '--authfile=RIGHT']],
      ['nobody, where the file has somebody', false, ['--dest-no-creds', '--authfile=RIGHT']],
      ['a user without a password', false, ['--dest-creds=test']],
      ["the other side's user", false, ['--src-creds=test:secret']],
      ['a user and nobody', false, ['--dest-creds=test:secret', '--dest-no-creds']],
      ['a user twice', false, ['--dest-creds=test:secret', '--dest-username=test', '--dest-password=secret']],
      ['a user without the password', false, ['--dest-username=test']],
    ])('pushes as %s: %o', async (_, allowed, options) => {
      const words = options.map(word => word.replace('RIGHT', files.right).replace('WRONG', files.wrong))
      for (const registry of [passwords, tokens]) {
        const { code, stderr } = await run(['copy', ...plain, ...words, image, at(registry)])
        expect(code === 0, stderr).toBe(allowed)
        expect(stderr).not.toMatch(/secret|s3cret/)
      }
    })

    test('pushes with a bearer token, and with no other', async () => {
      const token = await bearer('team/app')
      const push = (given: string) => run(['copy', ...plain, `--dest-registry-token=${given}`, image, at(tokens)])
      expect(await push(token)).toMatchObject({ code: 0 })
      const wrong = `${token.slice(0, -8)}AAAAAAAA`
      const { code, stderr } = await push(wrong)
      expect(code).not.toBe(0)
      expect(stderr).not.toContain(wrong)
    })

    test('is somebody on one side and nobody on the other, at one registry too', async () => {
      const [from, to] = [at(tokens), `docker://${tokens.host}/other/app:v${++count}`]
      await run(['copy', ...plain, '--dest-creds=test:secret', image, from])
      const options = [...plain, '--src-no-creds', '--dest-creds=test:secret']
      expect(await run(['copy', ...options, from, to])).toMatchObject({ code: 0 })
      expect(await run(['copy', ...options, from, at(passwords)])).toMatchObject({ code: 0 })
      const credential = 'anonymous'
      const found = await inspectImage(to, { sourceServer: { credential, tlsVerify: false } })
      expect(found.digest).toBe((await inspectImage(from, { sourceServer: { credential, tlsVerify: false } })).digest)
    })
  })
})
