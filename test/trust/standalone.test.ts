import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAs } from '../cli/run-dialect.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type GnupgHome, openGnupgHome } from '../services/gnupg-home.ts'
import { peer } from '../services/peer.ts'

const identity = 'busybox:1'

describeWithServices(['gpg', 'skopeo'], 'standalone signatures of skopeo and under its name', () => {
  let gnupg: GnupgHome
  let folder: string
  let key: string
  let other: string
  beforeAll(async () => {
    gnupg = openGnupgHome()
    folder = await newFolder()
    key = await gnupg.newKey('signer')
    other = await gnupg.newKey('locked', { passphrase: 'a b c' })
    await writeFile(at('manifest'), '{"schemaVersion":2}')
    await writeFile(at('changed'), '{"schemaVersion":2} ')
    await writeFile(at('garbage'), 'x')
    await writeFile(at('passphrase'), 'a b c\n')
    await writeFile(at('key.asc'), await gnupg.run('--armor', '--export', key))
    await writeFile(at('other.gpg'), await gnupg.run('--export', other))
  })
  afterAll(() => gnupg?.close())

  const at = (name: string) => path.join(folder, name)
  const ours = async (...words: string[]) => {
    const { exit: code, ...printed } = await runAs('skopeo', words, {}, { env: gnupg.environment })
    return { code, ...printed }
  }
  const theirs = (...words: string[]) => peer('skopeo').attempt(words, { env: { GNUPGHOME: gnupg.home, TZ: 'UTC' } })

  test.each([
    [['standalone-sign'], 'Usage: skopeo standalone-sign manifest docker-reference key-fingerprint -o signature'],
    [
      ['standalone-sign', 'a', 'b', 'c'],
      'Usage: skopeo standalone-sign manifest docker-reference key-fingerprint -o signature',
    ],
    [['standalone-verify', 'a'], 'Usage: skopeo standalone-verify manifest docker-reference key-fingerprint signature'],
    [['standalone-verify', 'a', 'b', 'any', 'c'], 'Cannot use any fingerprint without a public key file'],
    [
      ['copy', '--sign-by-sq-fingerprint', 'x', 'dir:a', 'dir:b'],
      String.raw`invalid argument \"x\" for \"--sign-by-sq-fingerprint\" flag: --sign-by-sq-fingerprint: Sequoia-PGP is not used`,
    ],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await ours(...words)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`msg="${message}`) })
  })

  test('each verifies what the other signed, and says the same', async () => {
    const signing = ['standalone-sign', at('manifest'), identity]
    expect(await ours(...signing, key, '-o', at('ours'))).toEqual({ code: 0, stdout: '', stderr: '' })
    const locked = [other, '-o', at('locked'), '--passphrase-file', at('passphrase')]
    expect(await ours(...signing, ...locked)).toMatchObject({ code: 0 })
    expect(await theirs(...signing, key, '--output', at('theirs'))).toMatchObject({ code: 0 })
    for (const words of [
      ['docker.io/library/busybox:1', key, at('ours')],
      [identity, `${other},${key}`, at('theirs')],
      [identity, other, at('locked')],
      [identity, 'any', at('ours'), '--public-key-file', at('key.asc')],
      [identity, key, at('theirs'), '--public-key-file', at('key.asc')],
    ]) {
      const verifying = ['standalone-verify', at('manifest'), ...words]
      const said = await theirs(...verifying)
      expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('Signature verified using fingerprint') })
      expect(await ours(...verifying)).toEqual(said)
    }
    const dumping = ['untrusted-signature-dump-without-verification', at('theirs')]
    const { stdout } = await theirs(...dumping)
    expect(JSON.parse((await ours(...dumping)).stdout)).toMatchObject({
      ...JSON.parse(stdout),
      UntrustedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/),
    })
  })

  test('neither signs for no name', async () => {
    const words = ['standalone-sign', at('manifest'), '', key, '-o', at('nameless')]
    expect(await theirs(...words)).toMatchObject({ code: 1 })
    expect(await ours(...words)).toMatchObject({ code: 1, stderr: expect.stringContaining('none is given') })
    await expect(readFile(at('nameless'))).rejects.toThrow('ENOENT')
  })

  test('both refuse another manifest, name and key, and what is no signature', async () => {
    await theirs('standalone-sign', at('manifest'), identity, key, '-o', at('good'))
    const flipped = await readFile(at('good'))
    flipped[flipped.length - 3] = (flipped.at(-3) ?? 0) ^ 1
    await writeFile(at('flipped'), flipped)
    const keys = ['--public-key-file', at('key.asc')]
    for (const words of [
      [at('changed'), identity, key, at('good')],
      [at('manifest'), 'busybox:2', key, at('good')],
      [at('manifest'), 'busybox', key, at('good')],
      [at('manifest'), identity, other, at('good')],
      [at('manifest'), identity, 'any', at('good'), '--public-key-file', at('other.gpg')],
      [at('manifest'), identity, 'any', at('garbage'), ...keys],
      [at('manifest'), identity, 'any', at('flipped'), ...keys],
      [at('manifest'), identity, '0'.repeat(40), at('good')],
      [at('missing'), identity, key, at('good')],
    ]) {
      const [us, them] = await Promise.all([ours('standalone-verify', ...words), theirs('standalone-verify', ...words)])
      expect([us.code, them.code, us.stdout, them.stdout], words.join(' ')).toEqual([1, 1, '', ''])
    }
    const signing = ['standalone-sign', at('manifest'), identity, 'nobody', '-o', at('none')]
    expect([(await ours(...signing)).code, (await theirs(...signing)).code]).toEqual([1, 1])
    expect((await ours('untrusted-signature-dump-without-verification', at('garbage'))).code).toBe(1)
  })
})
