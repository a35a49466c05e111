import { openSession, type SessionOptions } from '../copy/session.ts'
import { LadingError } from '../errors/index.ts'
import { type BucketConfig, changeBucketConfig, parseConfigChange, readBucketConfig } from '../layout/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { openBucket } from '../transports/bucket/open-bucket.ts'
import { parseBucketLocator, validateBucketPath } from '../transports/bucket/reference.ts'
import { type ConfigReport, reportBucket, reportImage } from './config-report.ts'

export interface ConfigOptions
  extends Pick<SessionOptions, 'cloud' | 'tlsVerify' | 'signal' | 'userAgentPrefix' | 'onRequest'> {}

/** What is configured now, and whether this call made it so. */
export type ChangeConfigResult = ConfigReport & {
  /** `false`: everything was so already, and nothing was written. */
  readonly changed: boolean
}

/**
 * Everything that the configuration of a bucket says, or what holds for one image of it and where each value comes from.
 *
 * @param locator the bucket, and behind its root the name of an image, or a glob that has an entry
 * @example
 * const { settings } = await readConfig('local://./images/myapp')
 * console.log(settings?.immutable?.value)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`, `bad-layout` that names the line where the file is malformed
 */
export async function readConfig(locator: string, options: ConfigOptions = {}): Promise<ConfigReport> {
  return await withBucket(locator, options, async (store, entry) =>
    report(locator, entry, await readBucketConfig(store, options.signal)),
  )
}

/**
 * Changes the default of a bucket, or what is set for an image or a glob. Comments and what is not lading's stay in the file.
 *
 * Of changes at the same time none is lost. MUST NOT write where any of them is not valid, or nothing changes.
 *
 * @param changes by key, as the command line has them: `lifecycle.keep_last` and `10`. An empty text unsets
 * @example
 * await changeConfig('local://./images/dev/*', { 'lifecycle.keep_last': '3', 'lifecycle.max_age': '7d' })
 *
 * @throws LadingError `bad-argument` with the keys that there are, `bad-reference`, `bucket-not-found`, `bad-layout` that names the
 * line where the file is malformed
 */
export async function changeConfig(
  locator: string,
  changes: Readonly<Record<string, string>>,
  options: ConfigOptions = {},
): Promise<ChangeConfigResult> {
  const read = (scope: 'bucket' | 'image') =>
    Object.entries(changes).map(([key, value]) => parseConfigChange(key, value, scope))
  // a wrong word is told before anybody is asked; whether it is an image that is named, only who opens a directory knows
  read('bucket')
  return await withBucket(locator, options, async (store, entry) => {
    const wanted = read(entry === undefined ? 'bucket' : 'image')
    const { changed, config } = await changeBucketConfig(store, entry, wanted, options.signal)
    return { changed, ...(await report(locator, entry, config)) }
  })
}

/** `entry` is what follows the root of the bucket, if anything does. */
async function withBucket<T>(
  locator: string,
  options: ConfigOptions,
  use: (store: ObjectStore, entry: string | undefined) => Promise<T>,
): Promise<T> {
  await using session = openSession(options, () => {})
  const { store, path } = await openBucket(
    parseBucketLocator(locator),
    { what: 'bucket', create: false },
    session.context('source'),
  )
  await using _ = store
  validateBucketPath(path)
  if (path.endsWith('/')) {
    throw new LadingError('bad-reference', `${JSON.stringify(path)} names no image: it ends in a slash`, {
      hint: `for the images below it write ${path}*, for the image ${path.slice(0, -1)}`,
    })
  }
  return await use(store, path === '' ? undefined : path)
}

async function report(locator: string, entry: string | undefined, config: BucketConfig): Promise<ConfigReport> {
  if (entry === undefined) return reportBucket(locator, config)
  const bucket = locator.endsWith(entry) ? locator.slice(0, -entry.length) : locator
  return reportImage(bucket, entry, await config.settingsOf(entry))
}
