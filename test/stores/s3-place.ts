import { S3 } from '@aws-sdk/client-s3'
import type { HttpClient } from '../../src/http/index.ts'
import { type CloudOptions, checkedStore, type ObjectStore, type StoreContext } from '../../src/stores/index.ts'
import { openS3Store } from '../../src/stores/s3/open-s3-store.ts'
import { type S3Limits, s3Limits } from '../../src/stores/s3/s3-store.ts'

/** An S3 server that a test runs, and how it is entered. */
export interface S3Place {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

interface ClientOptions {
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly clockOffset?: number
}

/** The official client, to do what lading does not. */
export function sdkClient({ url, ...keys }: S3Place, { clockOffset = 0, ...other }: ClientOptions = {}): S3 {
  return new S3({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { ...keys, ...other },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    systemClockOffset: clockOffset,
  })
}

/** The environment that leads to it, with a cache of its own. */
export function environmentOf(
  { url, accessKeyId, secretAccessKey }: S3Place,
  cache: string,
): StoreContext['environment'] {
  return {
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: 'us-east-1',
    XDG_CACHE_HOME: cache,
  }
}

export interface OpenOptions {
  readonly root: string
  readonly http: HttpClient
  readonly cache: string
  readonly cloud?: CloudOptions
  readonly environment?: StoreContext['environment']
  readonly limits?: Partial<S3Limits>
}

/** Opens a bucket of a place as lading would, with parts of the least size that S3 allows. */
export async function openS3(
  place: S3Place,
  { root, http, cache, cloud = {}, environment, limits }: OpenOptions,
): Promise<{ store: ObjectStore; warnings: Set<string> }> {
  const warnings = new Set<string>()
  const context: StoreContext = {
    http: async () => http,
    cloud,
    environment: { ...environmentOf(place, cache), ...environment },
    warn: message => void warnings.add(message),
  }
  const driver = await openS3Store(root, context, { ...s3Limits, partBytes, ...limits })
  return { store: checkedStore(driver), warnings }
}

export const partBytes = 5 * 1024 * 1024
