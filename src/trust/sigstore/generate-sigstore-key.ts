import { lstat, writeFile } from 'node:fs/promises'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { makeKeyPair } from './make-key-pair.ts'

export interface GenerateKeyOptions {
  /** The files are named after it: `PREFIX.private` and `PREFIX.pub`. */
  readonly outputPrefix: string
  /** Encrypts the private key. It is asked for once both names are known to be free. */
  readonly passphrase: string | (() => Promise<string>)
}

export interface GeneratedKey {
  readonly privateKeyFile: string
  readonly publicKeyFile: string
}

/**
 * Makes a key to sign images with, in the format of cosign: `sign` of cosign and `--sign-by-sigstore-private-key` of the containers tools read it.
 *
 * MUST NOT replace a file that is there.
 *
 * @example
 * ```ts
 * import { generateSigstoreKey } from 'lading'
 *
 * await generateSigstoreKey({ outputPrefix: 'release', passphrase: 'a long secret' })
 * ```
 *
 * @throws LadingError `bad-argument` where one of the files exists, `io`
 */
export async function generateSigstoreKey({ outputPrefix, passphrase }: GenerateKeyOptions): Promise<GeneratedKey> {
  const files = { privateKeyFile: `${outputPrefix}.private`, publicKeyFile: `${outputPrefix}.pub` }
  await requireAbsent(files.publicKeyFile)
  await requireAbsent(files.privateKeyFile)
  const secret = typeof passphrase === 'string' ? passphrase : await passphrase()
  const { privateKey, publicKey } = await makeKeyPair(secret)
  await write(files.privateKeyFile, privateKey, 0o600)
  await write(files.publicKeyFile, publicKey, 0o644)
  return files
}

async function requireAbsent(file: string): Promise<void> {
  try {
    await lstat(file)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw fromFileError(error, details(file))
  }
  throw exists(file)
}

async function write(file: string, content: string, mode: number): Promise<void> {
  try {
    await writeFile(file, content, { mode, flag: 'wx' })
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? exists(file) : fromFileError(error, details(file))
  }
}

function exists(file: string): LadingError {
  return new LadingError('bad-argument', `Refusing to overwrite existing ${JSON.stringify(file)}`, {
    ...details(file),
    hint: 'name another prefix; a key that is lost cannot be made again',
  })
}

function details(file: string) {
  return { operation: 'generate key', subject: file, side: 'local' } as const
}
