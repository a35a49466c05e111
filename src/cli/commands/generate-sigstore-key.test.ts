import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'
import { readPrivateKey } from '../../trust/sigstore/index.ts'
import { library } from '../library.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-key-'))
afterAll(() => rm(folder, { recursive: true }))
await writeFile(path.join(folder, 'passphrase'), 'of a file\n')

const generate = (prefix: string, words: readonly string[], env: Record<string, string> = {}) =>
  runLading(['generate-sigstore-key', '--output-prefix', path.join(folder, prefix), ...words], { library, env })
const keyOf = async (prefix: string, passphrase: string) =>
  await readPrivateKey(await readFile(path.join(folder, `${prefix}.private`), 'utf8'), passphrase)

describe('a key of sigstore is made', () => {
  test('with the passphrase in a file, before that of the environment', async () => {
    const words = ['--passphrase-file', path.join(folder, 'passphrase'), '--output', 'json']
    const { exit, stdout } = await generate('file', words, { COSIGN_PASSWORD: 'of the environment' })
    expect({ exit, ...JSON.parse(stdout) }).toEqual({
      exit: 0,
      privateKeyFile: path.join(folder, 'file.private'),
      publicKeyFile: path.join(folder, 'file.pub'),
    })
    expect((await keyOf('file', 'of a file')).type).toBe('private')
    await expect(keyOf('file', 'of the environment')).rejects.toMatchObject({ code: 'bad-config' })
    expect((await stat(path.join(folder, 'file.private'))).mode & 0o777).toBe(0o600)
  })

  test('with that of COSIGN_PASSWORD, as the commands that use the key take it', async () => {
    expect(await generate('variable', [], { COSIGN_PASSWORD: 'of the environment' })).toMatchObject({ exit: 0 })
    expect((await keyOf('variable', 'of the environment')).type).toBe('private')
  })

  test('with none that it can ask for it is not', async () => {
    const { exit, stderr } = await generate('none', [])
    expect({ exit, stderr }).toEqual({ exit: 64, stderr: expect.stringContaining('--passphrase-file') })
    await expect(stat(path.join(folder, 'none.private'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
