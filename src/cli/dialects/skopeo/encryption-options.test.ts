import { expect, test } from 'vitest'
import { copied as result } from '../../../../test/cli/images.ts'
import { runAs } from '../../../../test/cli/run-dialect.ts'
import type { CopyOptions } from '../../../copy/index.ts'

/** What `copyImage` is asked for by `skopeo copy` with these words. */
async function copied(...words: string[]) {
  const calls: CopyOptions[] = []
  const library = {
    copyImage: async (_: string, __: string, options: CopyOptions = {}) => {
      calls.push(options)
      return result
    },
  }
  const run = await runAs('skopeo', ['--insecure-policy', 'copy', ...words], library)
  return { ...run, calls }
}

test.each<[string[], Partial<CopyOptions>]>([
  [
    ['--encryption-key', 'jwe:a,pgp:b', '--encrypt-layer', '-1,2'],
    { encryptionKeys: ['jwe:a', 'pgp:b'], encryptLayers: [-1, 2] },
  ],
  [['--encryption-key=jwe:a'], { encryptionKeys: ['jwe:a'], format: 'oci' }],
  [['--decryption-key=a', '--decryption-key=b:c'], { decryptionKeys: ['a', 'b:c'], format: 'v2s2' }],
])('%j says so to the library', async (words, options) => {
  expect((await copied(...words, 'docker-archive:x.tar', 'docker://x/y')).calls).toMatchObject([options])
})

test.each([
  [['--encryption-key=x', '--decryption-key=y'], '--encryption-key and --decryption-key cannot be specified together'],
  [['--encrypt-layer=1'], '--encrypt-layer can only be used with --encryption-key'],
])('%j is refused', async (words, message) => {
  const { calls, exit, stderr } = await copied(...words, 'dir:a', 'dir:b')
  expect({ calls, exit, stderr }).toEqual({
    calls: [],
    exit: 1,
    stderr: `time=T level=fatal msg=${JSON.stringify(message)}\n`,
  })
})
