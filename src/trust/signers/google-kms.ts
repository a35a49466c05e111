import { createPublicKey } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import type { GcsCredentials } from '../../stores/gcs/credentials.ts'
import { findCredentials } from '../../stores/gcs/find-credentials.ts'
import type { KeyContext } from './key-context.ts'
import type { KeyUri } from './key-uri.ts'
import { askService, parsePublicKey, parseServiceAnswer, parseSignature } from './service-answer.ts'
import type { ServiceKey } from './service-key.ts'
import { serviceRefusal } from './service-refusal.ts'
import { schemeOf } from './signature-scheme.ts'

const versionsAnswer = v.object({ cryptoKeyVersions: v.optional(v.array(v.object({ name: v.string() })), []) })
const publicKeyAnswer = v.object({ pem: v.string(), algorithm: v.string() })
const signAnswer = v.object({ name: v.string(), signature: v.string() })
const errorAnswer = v.object({ error: v.object({ message: v.string(), status: v.optional(v.string(), '') }) })

const scope = 'https://www.googleapis.com/auth/cloudkms'

/** A key in Google's Cloud KMS, by its REST API. Without a version the newest that is enabled is used, as cosign does. */
export function openGoogleKey(uri: KeyUri & { kind: 'google' }, name: string, context: KeyContext): ServiceKey {
  const origin = (
    context.environment.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS || 'https://cloudkms.googleapis.com'
  ).replace(/\/+$/, '')
  let credentials: Promise<GcsCredentials> | undefined
  let resource: Promise<string> | undefined
  const ask = async (path: string, permission: string, input?: Record<string, unknown>, signal?: AbortSignal) => {
    const http = await context.http()
    credentials ??= findCredentials(context.environment, http, scope)
    const { headers, principal } = await credentials
    if (principal === undefined) {
      throw new LadingError('unauthorized', 'no Google credentials were found', {
        operation: 'use key',
        subject: name,
        hint: 'name a key file with GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`',
      })
    }
    const method = input === undefined ? 'GET' : 'POST'
    const answer = await askService(
      http,
      { method, url: `${origin}/v1/${path}`, headers: await headers(signal), signal },
      input,
    )
    if (answer.status === 200) return answer.value
    throw refusal(answer, name, permission, principal)
  }
  const newestVersion = async (signal?: AbortSignal): Promise<string> => {
    const query = 'filter=state%3DENABLED&orderBy=name%20desc&pageSize=1'
    const answer = await ask(
      `${uri.key}/cryptoKeyVersions?${query}`,
      'cloudkms.cryptoKeyVersions.list',
      undefined,
      signal,
    )
    const [newest] = parseServiceAnswer(versionsAnswer, answer, name).cryptoKeyVersions
    if (newest?.name.startsWith(`${uri.key}/cryptoKeyVersions/`)) return newest.name
    throw new LadingError('bad-key', 'the key in Cloud KMS has no version that is enabled', {
      operation: 'use key',
      subject: name,
    })
  }
  const versionOf = (signal?: AbortSignal) => {
    resource ??=
      uri.version === undefined ? newestVersion(signal) : Promise.resolve(`${uri.key}/cryptoKeyVersions/${uri.version}`)
    return resource
  }
  return {
    name,
    async publicKey(signal) {
      const answer = await ask(
        `${await versionOf(signal)}/publicKey`,
        'cloudkms.cryptoKeyVersions.viewPublicKey',
        undefined,
        signal,
      )
      const { pem, algorithm } = parseServiceAnswer(publicKeyAnswer, answer, name)
      const key = parsePublicKey(() => createPublicKey(pem), name)
      requireAlgorithm(algorithm, schemeOf(key, name), name)
      return key
    },
    async sign(what, signal) {
      const input =
        what.kind === 'digest'
          ? { digest: { [what.hash]: Buffer.from(what.digest).toString('base64') } }
          : { data: Buffer.from(what.message).toString('base64') }
      const version = await versionOf(signal)
      const answer = await ask(`${version}:asymmetricSign`, 'cloudkms.cryptoKeyVersions.useToSign', input, signal)
      return parseSignature(parseServiceAnswer(signAnswer, answer, name).signature, name)
    },
  }
}

/** A version signs with its one algorithm, and answers nothing else. */
function requireAlgorithm(algorithm: string, scheme: ReturnType<typeof schemeOf>, name: string): void {
  const wanted = {
    ecdsa: /^EC_SIGN_P\d+_SHA\d+$/,
    rsa: /^RSA_SIGN_PKCS1_\d+_SHA256$/,
    ed25519: /^EC_SIGN_ED25519$/,
  }[scheme.kind]
  if (wanted.test(algorithm)) return
  throw new LadingError(
    'bad-key',
    `the key in Cloud KMS signs with ${algorithm}, which no signature of an image is made with`,
    {
      operation: 'use key',
      subject: name,
      hint: 'make one for EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384 or RSA_SIGN_PKCS1_*_SHA256',
    },
  )
}

function refusal(
  answer: { status: number; value: unknown },
  name: string,
  permission: string,
  principal: string,
): LadingError {
  const said = v.safeParse(errorAnswer, answer.value)
  const { message, status } = said.success ? said.output.error : { message: '', status: '' }
  return serviceRefusal({
    service: 'Cloud KMS',
    name,
    status: answer.status,
    said: message,
    permission: `${principal} needs ${permission}, which the role roles/cloudkms.signerVerifier gives (to list versions: roles/cloudkms.viewer)`,
    login: 'check GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`',
    ...(status === 'FAILED_PRECONDITION' || answer.status === 400 ? { kind: 'unusable' as const } : {}),
  })
}
