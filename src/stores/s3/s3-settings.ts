import { LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import type { CloudOptions, StoreContext } from '../store-context.ts'
import type { AwsProfile } from './aws-profile.ts'

/** Which bucket, where, and how it is written to. */
export interface S3Settings {
  readonly bucket: string
  /** Before every key: empty, or ending with a slash. */
  readonly prefix: string
  /** `s3://bucket/prefix` */
  readonly name: string
  /** Absent: AWS's own for the region. */
  readonly endpoint: URL | undefined
  /** Whether the service is Amazon's, whose behaviour is documented; elsewhere it is found out. */
  readonly isAws: boolean
  /** The bucket's, until it says another. */
  readonly region: string
  readonly profile: string | undefined
  /** The endpoint and whose credentials are used, without a secret: two stores of one account copy without us. */
  readonly account: string
  readonly encryption: Encryption
  readonly requesterPays: boolean
}

/** In the SDK's words. */
export interface Encryption {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  readonly SSEKMSKeyId?: string
}

/** Where AWS sends whoever names no region, and what servers that have none call theirs. */
const defaultRegion = 'us-east-1'

/**
 * Options go before the environment, and the environment before the profile.
 *
 * @throws LadingError `bad-argument` for an endpoint or an encryption that is none
 */
export function readSettings(
  root: string,
  { cloud, environment }: Pick<StoreContext, 'cloud' | 'environment'>,
  fromProfile: AwsProfile,
): S3Settings {
  const [bucket = '', ...rest] = root.split('/').filter(part => part !== '')
  const endpoint = endpointOf(cloud.endpoint || configuredEndpoint(environment, fromProfile))
  const profile = cloud.profile || undefined
  const identity = profile ?? keyIdentity(environment.AWS_ACCESS_KEY_ID) ?? environment.AWS_PROFILE ?? 'default'
  return {
    bucket,
    prefix: rest.map(part => `${part}/`).join(''),
    name: `s3://${[bucket, ...rest].join('/')}`,
    endpoint,
    isAws: endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(endpoint.hostname),
    region:
      cloud.region || environment.AWS_REGION || environment.AWS_DEFAULT_REGION || fromProfile.region || defaultRegion,
    profile,
    account: `${endpoint?.origin ?? 'aws'} ${identity}`,
    encryption: encryptionOf(cloud),
    requesterPays: cloud.requesterPays === true,
  }
}

/** Not the key's id itself: it stands in origins, which are compared and may be shown. */
function keyIdentity(accessKeyId: string | undefined): string | undefined {
  return accessKeyId ? digestOf(new TextEncoder().encode(accessKeyId)).slice(0, 23) : undefined
}

function configuredEndpoint(environment: StoreContext['environment'], profile: AwsProfile): string | undefined {
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined
  return environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || profile.endpoint
}

function endpointOf(text: string | undefined): URL | undefined {
  if (!text) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    throw new LadingError('bad-argument', 'the S3 endpoint is not the address of a server', {
      hint: "write it as https://HOST or http://HOST:PORT: in --endpoint, AWS_ENDPOINT_URL_S3 or the profile's endpoint_url",
    })
  }
  return url
}

const encryptions = ['AES256', 'aws:kms', 'aws:kms:dsse'] as const

function encryptionOf({ sse, sseKmsKeyId }: CloudOptions): Encryption {
  if (sse === undefined && sseKmsKeyId === undefined) return {}
  const known = encryptions.find(name => name === (sse ?? 'aws:kms'))
  if (known === undefined || (known === 'AES256' && sseKmsKeyId !== undefined)) {
    throw new LadingError('bad-argument', 'this is no way in which S3 encrypts objects', {
      hint: '--sse is AES256, aws:kms or aws:kms:dsse, and only the latter two have a --sse-kms-key-id',
    })
  }
  return { ServerSideEncryption: known, ...(sseKmsKeyId === undefined ? {} : { SSEKMSKeyId: sseKmsKeyId }) }
}
