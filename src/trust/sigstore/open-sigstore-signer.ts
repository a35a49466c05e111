import type { KeyObject } from 'node:crypto'
import { fromFileError, isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { ImageSigner } from '../image-signer.ts'
import { sigstoreImageSigner } from './image-signer.ts'
import { keySigner } from './key-signer.ts'
import { openRekor } from './open-rekor.ts'
import { readPrivateKey } from './read-private-key.ts'
import { readSigningParameters, type SigningParameters } from './read-signing-parameters.ts'
import { requestCertificate } from './request-certificate.ts'
import { serviceUrl } from './service-request.ts'
import type { SigningIdentity } from './signing-identity.ts'

export interface SigstoreSignerAccess {
  /** The passphrase of a key, where it is encrypted and the parameters name no file that holds it. `undefined`: there is none to be had. */
  passphrase(keyFile: string): Promise<string | undefined>
  http(): Promise<HttpClient>
}

/** Signs with a private key in a file, as `--sign-by-sigstore-private-key`. @throws LadingError `bad-config`, `io` */
export async function openKeyFileSigner(keyFile: string, access: SigstoreSignerAccess): Promise<ImageSigner> {
  return sigstoreImageSigner({
    signer: keySigner(keyFile, await readKeyFile(keyFile, () => access.passphrase(keyFile))),
  })
}

/** Signs as a file of parameters says, as `--sign-by-sigstore`. @throws LadingError `bad-config`, `unsupported`, `io` */
export async function openParameterSigner(file: string, access: SigstoreSignerAccess): Promise<ImageSigner> {
  const parameters = await readSigningParameters((await readFile(file)).toString(), file)
  const { fulcio, rekorUrl } = parameters
  // wrong addresses are found before anything is copied
  if (fulcio !== undefined) serviceUrl({ url: fulcio.url, name: 'Fulcio' }, '')
  if (rekorUrl !== undefined) serviceUrl({ url: rekorUrl, name: 'Rekor' }, '')
  const rekor = async () => (rekorUrl === undefined ? {} : { rekor: openRekor(await access.http(), rekorUrl) })
  if (fulcio === undefined) {
    const signer = sigstoreKeySigner(parameters, access)
    const identity: SigningIdentity = { signer: await signer }
    return {
      name: identity.signer.name,
      format: 'sigstore',
      sign: async (image, signal) => sigstoreImageSigner(identity, await rekor()).sign(image, signal),
    }
  }
  return {
    name: `Fulcio (${fulcio.url})`,
    format: 'sigstore',
    async sign(image, signal) {
      // A certificate is valid for minutes, and a copy may take hours.
      const identity = await requestCertificate(await access.http(), fulcio.url, fulcio.token, signal)
      return await sigstoreImageSigner(identity, await rekor()).sign(image, signal)
    },
  }
}

async function sigstoreKeySigner(
  { privateKeyFile = '', privateKeyPassphraseFile: passphraseFile }: SigningParameters,
  access: SigstoreSignerAccess,
) {
  const passphrase = async () =>
    passphraseFile === undefined ? await access.passphrase(privateKeyFile) : await readPassphraseFile(passphraseFile)
  return keySigner(privateKeyFile, await readKeyFile(privateKeyFile, passphrase))
}

async function readKeyFile(file: string, passphrase: () => Promise<string | undefined>): Promise<KeyObject> {
  const pem = (await readFile(file)).toString()
  const needed = /-----BEGIN ENCRYPTED /.test(pem) ? await passphrase() : undefined
  try {
    return await readPrivateKey(pem, needed)
  } catch (error) {
    throw isLadingError(error) ? error.with({ operation: 'read private key', subject: file, side: 'local' }) : error
  }
}

/** Without the line's end that `echo` adds. */
async function readPassphraseFile(file: string): Promise<string> {
  return (await readFile(file)).toString().replace(/\n$/, '')
}

async function readFile(file: string): Promise<Buffer> {
  const details = { operation: 'sign', subject: file, side: 'local' } as const
  try {
    return await readSmallFile(file)
  } catch (error) {
    throw error instanceof LadingError ? error.with(details) : fromFileError(error, details)
  }
}
