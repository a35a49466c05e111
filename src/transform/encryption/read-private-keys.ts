import { createReadStream } from 'node:fs'
import { LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'
import { jweOpener } from './jwe/jwe-opener.ts'
import type { KeyOpener } from './key-wrapper.ts'
import { parsePrivateKey } from './parse-private-key.ts'
import { pgpOpener } from './pgp/pgp-opener.ts'
import { parseCertificate } from './pkcs7/parse-certificate.ts'
import { pkcs7Opener } from './pkcs7/pkcs7-opener.ts'
import { callProvider } from './provider/call-provider.ts'
import { parseProvider } from './provider/parse-provider.ts'
import { readProviderCommand } from './provider/provider-config.ts'
import { readKeyFile } from './read-key-file.ts'
import { type KeyContext, noPkcs11 } from './read-recipients.ts'

/**
 * Reads what the keys of layers are opened with: `PATH[:PASSPHRASE]` or `provider:NAME[:…]`. A passphrase is given as it is, or as
 * `pass=…`, `file=PATH` or `fd=NUMBER`.
 *
 * @throws LadingError `bad-argument`, `io`, `bad-config`, `unsupported`
 */
export async function readPrivateKeys(keys: readonly string[], context: KeyContext): Promise<readonly KeyOpener[]> {
  const openers: KeyOpener[] = []
  for (const text of keys) {
    if (text.startsWith('provider:')) openers.push(await providerOpener(text.slice('provider:'.length), context))
    else openers.push(...(await openersOf(text)))
  }
  if (openers.length > 0) return openers
  throw new LadingError('bad-argument', 'certificates alone decrypt nothing: a private key is needed', {
    operation: 'read the decryption keys',
  })
}

async function openersOf(text: string): Promise<readonly KeyOpener[]> {
  const colon = text.indexOf(':')
  const path = colon < 0 ? text : text.slice(0, colon)
  const passphrase = colon < 0 ? undefined : await readPassphrase(text.slice(colon + 1))
  const bytes = await readKeyFile(path)
  const key = parsePrivateKey(bytes, passphrase, path)
  if (key?.asymmetricKeyType === 'rsa') return [jweOpener(path, key), pkcs7Opener(path, key)]
  if (key !== undefined) return [jweOpener(path, key)]
  const pgp = await pgpOpener(path, bytes, passphrase)
  if (pgp !== undefined) return [pgp]
  // By it others find what is theirs; what is ours is found without.
  if (parseCertificate(bytes) !== undefined) return []
  if (/^\s*pkcs11:/m.test(bytes.toString('latin1'))) throw noPkcs11()
  throw new LadingError('bad-argument', 'it is no private key that is known', {
    subject: path,
    hint: 'a private key is PEM, DER, a JWK, or what gpg --export-secret-keys writes; is its passphrase right?',
  })
}

async function readPassphrase(text: string): Promise<string> {
  const passphrase = await passphraseOf(text)
  keepSecret(passphrase)
  return passphrase
}

async function passphraseOf(text: string): Promise<string> {
  if (text.startsWith('pass=')) return text.slice('pass='.length)
  if (text.startsWith('file=')) return withoutNewline(await readKeyFile(text.slice('file='.length)))
  if (!text.startsWith('fd=')) return text
  const fd = Number(text.slice('fd='.length))
  if (!Number.isSafeInteger(fd) || fd < 0) throw badDescriptor()
  try {
    return withoutNewline(
      await readAll(createReadStream('', { fd, autoClose: false }), limits.fileBytes, 'the passphrase'),
    )
  } catch (error) {
    throw badDescriptor(error)
  }
}

function badDescriptor(cause?: unknown): LadingError {
  return new LadingError('bad-argument', 'no passphrase can be read from what is named after fd=', {
    operation: 'read the decryption keys',
    cause,
  })
}

/** An editor ends a file with one, which nobody takes for a part of the passphrase. */
function withoutNewline(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

async function providerOpener(text: string, { environment }: KeyContext): Promise<KeyOpener> {
  const { provider, given } = parseProvider(text)
  const command = await readProviderCommand(provider, environment)
  return {
    scheme: `provider.${provider}`,
    name: `provider:${provider}`,
    async open(bytes, signal) {
      const request = { operation: 'keyunwrap', bytes, provider, given: [given] } as const
      try {
        return await callProvider(command, request, environment, signal)
      } catch (error) {
        signal?.throwIfAborted()
        // It may be for somebody else: only a program that is not there opens nothing at all.
        if (!(error instanceof LadingError) || error.code === 'program-not-found') throw error
        return undefined
      }
    },
  }
}
