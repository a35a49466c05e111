import { S3 } from '@aws-sdk/client-s3'
import type { StoreContext } from '../../src/stores/index.ts'

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
