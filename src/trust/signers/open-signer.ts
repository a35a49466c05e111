import type { KeyObject } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { Signer } from '../signer.ts'
import type { KeyContext } from './key-context.ts'
import { type KeyUri, parseKeyUri } from './key-uri.ts'
import type { ServiceKey } from './service-key.ts'

/**
 * Opens the private key that `uri` names, as cosign writes it: a file, `env://VARIABLE`, `awskms://`, `gcpkms://`, `azurekms://`,
 * `hashivault://`. A service is asked for nothing before the signer is.
 *
 * @throws LadingError `bad-argument`, `unsupported`; `bad-key` where a file holds no private key
 */
export async function openSigner(uri: string, context: KeyContext): Promise<Signer> {
  const parsed = parseKeyUri(uri)
  if (parsed.kind === 'file' || parsed.kind === 'environment') {
    const [{ readPrivateKey }, { keySigner }] = await Promise.all([
      import('./key-file.ts'),
      import('../sigstore/key-signer.ts'),
    ])
    return keySigner(uri, await readPrivateKey(parsed, uri, context))
  }
  const { serviceSigner } = await import('./service-signer.ts')
  return serviceSigner(withName(await openServiceKey(parsed, uri, context)))
}

/**
 * The public key of what `uri` names: a public key in a file or variable too.
 *
 * @throws LadingError what `openSigner` throws, and what the service does
 */
export async function openPublicKey(uri: string, context: KeyContext, signal?: AbortSignal): Promise<KeyObject> {
  const parsed = parseKeyUri(uri)
  if (parsed.kind === 'file' || parsed.kind === 'environment') {
    const { readPublicKey } = await import('./key-file.ts')
    return await readPublicKey(parsed, uri, context)
  }
  return await withName(await openServiceKey(parsed, uri, context)).publicKey(signal)
}

/** The same key; what goes wrong on the way to its service says which key it was for. */
function withName({ name, publicKey, sign }: ServiceKey): ServiceKey {
  const naming = async <T>(task: Promise<T>): Promise<T> => {
    try {
      return await task
    } catch (error) {
      throw error instanceof LadingError ? error.with({ operation: 'ask for key', subject: name }) : error
    }
  }
  return {
    name,
    publicKey: signal => naming(publicKey(signal)),
    sign: (what, signal) => naming(sign(what, signal)),
  }
}

/** Each service is loaded when one of its keys is named. */
async function openServiceKey(
  uri: Exclude<KeyUri, { kind: 'file' | 'environment' }>,
  name: string,
  context: KeyContext,
): Promise<ServiceKey> {
  switch (uri.kind) {
    case 'aws':
      return (await import('./aws-kms.ts')).openAwsKey(uri, name, context)
    case 'google':
      return (await import('./google-kms.ts')).openGoogleKey(uri, name, context)
    case 'azure':
      return (await import('./azure-key-vault.ts')).openAzureKey(uri, name, context)
    case 'vault':
      return (await import('./vault-transit.ts')).openVaultKey(uri.key, name, context)
  }
}
