import type { HttpClientHandler } from './http-handler.ts'
import type { S3Sdk } from './load-sdk.ts'
import type { S3Settings } from './s3-settings.ts'

/** What signs requests. Temporary credentials say when they end. */
interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/**
 * Finds credentials in the order of the AWS command line: the profile that was named, the environment's keys, then what profiles, SSO,
 * web identity, containers and instances give. Each provider fetches anew.
 */
export function credentialProvider(
  { credentials }: S3Sdk,
  { profile }: S3Settings,
  environment: Readonly<Record<string, string | undefined>>,
  requestHandler: HttpClientHandler,
): () => Promise<AwsCredentials> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: token,
  } = environment
  if (profile === undefined && accessKeyId && secretAccessKey) {
    return async () => ({ accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) })
  }
  // The chain would go on where the profile is absent, and act as this machine's role: somebody else than who was named.
  if (profile !== undefined) return credentials.fromIni({ profile, clientConfig: { requestHandler } })
  return credentials.fromNodeProviderChain({ clientConfig: { requestHandler } })
}
