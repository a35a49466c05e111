import { documentedCapabilities, triedCapabilities } from '../capabilities.ts'
import type { StoreDriver } from '../object-store.ts'
import type { StoreContext } from '../store-context.ts'
import { readAwsProfile } from './aws-profile.ts'
import { loadSdk } from './load-sdk.ts'
import { S3Connection } from './s3-connection.ts'
import { readSettings } from './s3-settings.ts'
import { type S3Limits, S3Store, s3Limits } from './s3-store.ts'

/**
 * Opens a bucket of Amazon S3 or of a server that speaks its protocol. Nothing is asked before the first operation.
 *
 * @param root the bucket's name, and a prefix of all keys after a slash
 * @throws LadingError `unsupported` where the SDK is not installed, `bad-argument` for options that cannot be
 */
export async function openS3Store(
  root: string,
  context: StoreContext,
  limits: S3Limits = s3Limits,
): Promise<StoreDriver> {
  const [sdk, http] = await Promise.all([loadSdk(), context.http()])
  const profile = await readAwsProfile(sdk, context.cloud.profile || context.environment.AWS_PROFILE)
  const settings = readSettings(root, context, profile)
  const capabilities = settings.isAws
    ? documentedCapabilities({ ifNoneMatch: true, ifMatch: true, quotedEtags: true })
    : triedCapabilities({ endpoint: settings.endpoint?.origin ?? '', bucket: settings.bucket }, context.environment)
  return new S3Store(new S3Connection(sdk, settings, { http, capabilities, context }), limits)
}
