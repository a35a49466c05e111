import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fromFileError, LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { KeyContext } from './key-context.ts'
import type { KeyUri } from './key-uri.ts'

type Material = KeyUri & { kind: 'file' | 'environment' }

const label = /-----BEGIN ([A-Z0-9 ]+)-----/

/** The private key in a file or a variable. @throws LadingError `bad-key` */
export async function readPrivateKey(uri: Material, name: string, context: KeyContext): Promise<KeyObject> {
  const pem = await readMaterial(uri, name, context)
  const kind = label.exec(pem)?.[1] ?? ''
  if (/^(RSA )?PUBLIC KEY$|^CERTIFICATE$/.test(kind)) {
    throw badKey(
      name,
      'this is a public key, and only a private one signs',
      'name the private key, or a key in a service',
    )
  }
  return await privateKeyOf(pem, kind, name, context)
}

/** The public key in a file or a variable, or that of the private key there. @throws LadingError `bad-key` */
export async function readPublicKey(uri: Material, name: string, context: KeyContext): Promise<KeyObject> {
  const pem = await readMaterial(uri, name, context)
  const kind = label.exec(pem)?.[1] ?? ''
  if (!/^(RSA )?PUBLIC KEY$/.test(kind)) return createPublicKey(await privateKeyOf(pem, kind, name, context))
  try {
    return createPublicKey(pem)
  } catch {
    throw badKey(name, 'the public key cannot be read', 'it is PEM: what `cosign public-key` prints')
  }
}

async function readMaterial(uri: Material, name: string, { environment }: KeyContext): Promise<string> {
  if (uri.kind === 'environment') {
    const text = environment[uri.variable]
    if (text) return text
    throw badKey(name, `the variable ${uri.variable} is not set`, 'it holds the key itself, in PEM')
  }
  try {
    return (await readSmallFile(uri.path)).toString()
  } catch (cause) {
    const { message } = fromFileError(cause, {})
    throw badKey(
      name,
      message,
      'a key is a file in PEM, awskms://, gcpkms://, azurekms://, hashivault:// or env://',
      cause,
    )
  }
}

async function privateKeyOf(pem: string, kind: string, name: string, context: KeyContext): Promise<KeyObject> {
  if (!/PRIVATE KEY$/.test(kind)) throw badKey(name, 'there is no key in it', 'a key is PEM: -----BEGIN … KEY-----')
  const isEncrypted = /^ENCRYPTED /.test(kind) || /^Proc-Type: 4,ENCRYPTED/m.test(pem)
  const passphrase = isEncrypted ? await askPassphrase(name, context) : undefined
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    // Without its cause: what OpenSSL says of a wrong passphrase tells nobody anything.
    const why = isEncrypted
      ? 'the private key cannot be decrypted with this passphrase'
      : 'the private key cannot be read'
    throw badKey(name, why, isEncrypted ? 'check the passphrase' : undefined)
  }
}

async function askPassphrase(name: string, { passphrase }: KeyContext): Promise<string> {
  if (passphrase === undefined) {
    throw badKey(
      name,
      'the private key is encrypted, and there is no passphrase',
      'name a file with --passphrase-file, or set COSIGN_PASSWORD',
    )
  }
  const given = await passphrase(name)
  keepSecret(given)
  return given
}

function badKey(name: string, message: string, hint?: string, cause?: unknown): LadingError {
  return new LadingError('bad-key', message, { operation: 'read key', subject: name, side: 'local', hint, cause })
}
