import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { limits } from '../../model/limits.ts'

/** What an encrypted layer says of its encryption. All of it goes when it is decrypted. */
export const encryptionAnnotations = 'org.opencontainers.image.enc.'
const keysPrefix = `${encryptionAnnotations}keys.`
const sealName = `${encryptionAnnotations}pubopts`

type Annotations = Descriptor['annotations']

/** A layer's key, wrapped: `scheme` is `jwe`, `pgp`, `pkcs7`, `pkcs11` or `provider.<name>`. */
export interface WrappedKey {
  readonly scheme: string
  readonly bytes: Uint8Array
}

/** @throws LadingError `not-authentic`, `too-large` */
export function parseWrappedKeys(annotations: Annotations): readonly WrappedKey[] {
  const wrapped: WrappedKey[] = []
  for (const [name, value] of Object.entries(annotations ?? {})) {
    if (!name.startsWith(keysPrefix) || value === '') continue
    for (const word of value.split(',')) {
      if (wrapped.length === limits.wrappedKeys) {
        throw new LadingError('too-large', `the key of a layer is wrapped more than ${limits.wrappedKeys} times`)
      }
      wrapped.push({ scheme: name.slice(keysPrefix.length), bytes: decoded(word, name) })
    }
  }
  return wrapped
}

/** The bytes of the public options. @throws LadingError `not-authentic` */
export function parseSealAnnotation(annotations: Annotations): Uint8Array {
  const value = annotations?.[sealName] ?? ''
  if (value === '') throw new LadingError('not-authentic', `an encrypted layer has no ${sealName}, and so no HMAC`)
  return decoded(value, sealName)
}

/** What a layer says, with these keys after those that it names already. */
export function withWrappedKeys(
  annotations: Annotations,
  keys: readonly WrappedKey[],
  seal: Uint8Array,
): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => name.startsWith(keysPrefix)),
  )
  for (const { scheme, bytes } of keys) {
    const name = `${keysPrefix}${scheme}`
    const before = all[name] ?? ''
    all[name] = `${before}${before === '' ? '' : ','}${Buffer.from(bytes).toString('base64')}`
  }
  all[sealName] = Buffer.from(seal).toString('base64')
  return all
}

/** Node skips what is no base64; whoever else reads the annotation refuses it. */
function decoded(text: string, name: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new LadingError('not-authentic', `the annotation ${JSON.stringify(name)} of a layer is no base64`)
  }
  return Buffer.from(text, 'base64')
}
