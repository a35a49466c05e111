import type { PublicKey } from 'openpgp'
import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'

/**
 * The keys of keyrings, armored or binary, several in one of them too.
 *
 * @throws LadingError `bad-config` where one cannot be read, or holds no key
 */
export async function readPublicKeys(keyrings: readonly Uint8Array[]): Promise<PublicKey[]> {
  const read = await Promise.all(keyrings.map(readKeyring))
  return read.flat()
}

async function readKeyring(keyring: Uint8Array): Promise<PublicKey[]> {
  const { readKeys } = await import('openpgp')
  const refuse = (cause?: unknown) =>
    new LadingError('bad-config', 'the file holds no OpenPGP keys that can be read', {
      operation: 'read keys',
      cause,
      hint: 'export them with `gpg --export`, armored or not; the file of a keybox (pubring.kbx) is read by GnuPG alone',
    })
  if (keyring.length > limits.fileBytes) throw refuse()
  try {
    const blocks = armoredBlocks(keyring)
    // What is too new for us, or too weak, is not used; the keys beside it are.
    const keys =
      blocks === undefined
        ? await readKeys({ binaryKeys: keyring })
        : (await Promise.all(blocks.map(armoredKeys => readKeys({ armoredKeys })))).flat()
    if (keys.length === 0) throw refuse()
    return keys.map(key => key.toPublic())
  } catch (cause) {
    throw cause instanceof LadingError ? cause : refuse(cause)
  }
}

/** GnuPG reads one block after the other of a file. */
function armoredBlocks(keyring: Uint8Array): string[] | undefined {
  if (((keyring[0] ?? 0) & 0x80) !== 0) return undefined
  const text = Buffer.from(keyring).toString('latin1')
  return text.match(/^-----BEGIN PGP (PUBLIC|PRIVATE) KEY BLOCK-----$.*?^-----END PGP \1 KEY BLOCK-----$/gms) ?? []
}
