import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fromFileError, isLadingError, LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import { readSmallFile } from '../../streams/index.ts'
import { parsePem } from '../sigstore/pem.ts'
import { readPrivateKey as readSigstoreKey } from '../sigstore/read-private-key.ts'
import { readPublicKey as readSigstorePublicKey } from '../sigstore/read-public-key.ts'
import type { KeyContext } from './key-context.ts'
import type { KeyUri } from './key-uri.ts'
import { schemeOf } from './signature-scheme.ts'

type Material = KeyUri & { kind: 'file' | 'environment' }

/** PKCS #8, as openssl encrypts it. cosign's own format has labels of its own. */
const encryptedPkcs8 = 'ENCRYPTED PRIVATE KEY'

/** The private key in a file or a variable. @throws LadingError `bad-key` */
export async function readPrivateKey(uri: Material, name: string, context: KeyContext): Promise<KeyObject> {
  const pem = await readMaterial(uri, name, context)
  const labels = labelsOf(pem)
  if (labels.some(label => /PUBLIC KEY$|^CERTIFICATE$/.test(label)) && !labels.some(isPrivate)) {
    throw badKey(
      name,
      'this is a public key, and only a private one signs',
      'name the private key, or a key in a service',
    )
  }
  return await privateKeyOf(pem, name, context)
}

/** The public key in a file or a variable, or that of the private key there. @throws LadingError `bad-key` */
export async function readPublicKey(uri: Material, name: string, context: KeyContext): Promise<KeyObject> {
  const pem = await readMaterial(uri, name, context)
  if (labelsOf(pem).some(isPrivate)) return createPublicKey(await privateKeyOf(pem, name, context))
  return await naming(name, async () => readSigstorePublicKey(pem))
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

async function privateKeyOf(pem: string, name: string, context: KeyContext): Promise<KeyObject> {
  const [label] = labelsOf(pem).filter(isPrivate)
  const isEncrypted = label?.startsWith('ENCRYPTED ') === true
  const passphrase = isEncrypted ? await askPassphrase(name, context) : undefined
  if (label !== encryptedPkcs8) return await naming(name, () => readSigstoreKey(pem, passphrase))
  try {
    const key = createPrivateKey({ key: pem, passphrase: passphrase ?? '' })
    schemeOf(key, name)
    return key
  } catch (error) {
    if (isLadingError(error)) throw error
    // Without its cause: what OpenSSL says of a wrong passphrase tells nobody anything.
    throw badKey(name, 'the passphrase is not that of the key', whichPassphrase)
  }
}

const whichPassphrase = 'name the file that holds it with --passphrase-file, or set COSIGN_PASSWORD'

async function askPassphrase(name: string, { passphrase }: KeyContext): Promise<string> {
  if (passphrase === undefined) {
    throw badKey(name, 'the private key is encrypted, and there is no passphrase', whichPassphrase)
  }
  const given = await passphrase(name)
  keepSecret(given)
  return given
}

/** What is wrong with a key is told as something wrong with this one. */
async function naming<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isLadingError(error, 'bad-config')) throw error
    const hint = /passphrase/.test(error.message) ? whichPassphrase : error.hint
    throw badKey(name, error.message, hint)
  }
}

function labelsOf(pem: string): string[] {
  return parsePem(pem).map(({ label }) => label)
}

function isPrivate(label: string): boolean {
  return label.endsWith('PRIVATE KEY')
}

function badKey(name: string, message: string, hint?: string, cause?: unknown): LadingError {
  return new LadingError('bad-key', message, { operation: 'read key', subject: name, side: 'local', hint, cause })
}
