import { expect, test } from 'vitest'
import { copied } from '../../test/cli/images.ts'
import { runLading } from '../../test/cli/run-lading.ts'
import type { CopyOptions } from '../copy/index.ts'

async function run(...words: string[]) {
  const calls: CopyOptions[] = []
  const library = {
    copyImage: async (_: string, __: string, options: CopyOptions = {}) => {
      calls.push(options)
      return copied
    },
  }
  const result = await runLading(['copy', ...words, 'oci:a', 'oci:b'], { library })
  const { encryptionKeys, encryptLayers, decryptionKeys } = calls[0] ?? {}
  return { ...result, keys: { encryptionKeys, encryptLayers, decryptionKeys } }
}

test.each<[string[], Partial<CopyOptions>]>([
  [[], {}],
  [['--encryption-key', 'jwe:a', '--encryption-key=pgp:b'], { encryptionKeys: ['jwe:a', 'pgp:b'] }],
  [['--encryption-key=jwe:a', '--encrypt-layer', '-1'], { encryptionKeys: ['jwe:a'], encryptLayers: [-1] }],
  [
    ['--encryption-key=jwe:a', '--encrypt-layer=0,-2', '--encrypt-layer=+3'],
    { encryptionKeys: ['jwe:a'], encryptLayers: [0, -2, 3] },
  ],
  [['--decryption-key=a', '--decryption-key=b:c,d'], { decryptionKeys: ['a', 'b:c,d'] }],
  [['--decryption-key=a', '--encryption-key=jwe:b'], { decryptionKeys: ['a'], encryptionKeys: ['jwe:b'] }],
])('%j', async (words, expected) => {
  const { exit, keys } = await run(...words)
  expect({ exit, keys }).toEqual({ exit: 0, keys: expected })
})

test.each(['one', '1.5', '', '1,', '99999999'])('--encrypt-layer %j is refused', async word => {
  const { exit, stderr } = await run('--encryption-key=jwe:a', `--encrypt-layer=${word}`)
  expect({ exit, stderr }).toEqual({ exit: 64, stderr: expect.stringContaining('a layer is named by a whole number') })
})
