import { interruptible } from '../../copy/interruptible.ts'
import { LadingError } from '../../errors/index.ts'
import { type BucketConfig, parseBucketConfig, readBucketConfig, systemClock } from '../../layout/index.ts'
import type { ObjectStore, Retention } from '../../stores/index.ts'
import { type BucketOptions, openStoreOf } from '../open-store-of.ts'
import { type CleanOutcome, type CleanPhase, cleanStore } from './clean-store.ts'

export interface CleanOptions extends BucketOptions {
  /** Do it. Without this it is only said what would be done. */
  readonly confirm?: boolean | undefined
  /** Clean this alone. Neither: both. */
  readonly tags?: boolean | undefined
  readonly blobs?: boolean | undefined
  /** What counts instead of the bucket's own s3lo.yaml: the bytes of such a file, and what errors call it. */
  readonly config?: { readonly bytes: Uint8Array; readonly name: string } | undefined
  /** What is younger is not touched. Default: an hour. */
  readonly graceSeconds?: number | undefined
  /** How long deleted tags and condemned blobs are kept. 0: blobs are deleted in the run that condemns them. Default: 7 days. */
  readonly keepTrashSeconds?: number | undefined
  readonly onPhase?: ((phase: CleanPhase) => void) | undefined
}

export interface CleanResult extends CleanOutcome {
  /** `false`: it was only said what would be done. */
  readonly confirmed: boolean
  /** What the store keeps of what is deleted. Absent: nothing, or it does not tell. */
  readonly retention?: Retention
}

const defaultGraceSeconds = 3600
const defaultKeepTrashSeconds = 7 * 24 * 3600

/**
 * Removes tags that the bucket's lifecycle rules let go, and blobs that no tag needs any more. It is safe while others push into the bucket.
 *
 * A blob that nothing needs is condemned first, and deleted by a later run, when it has been condemned for `keepTrashSeconds`. A push that
 * needs it meanwhile lifts it.
 *
 * @example
 * const plan = await cleanBucket('local://./images/')
 * for (const { image, tag, reason } of plan.tags.removed) console.log(`${image}:${tag}: ${reason}`)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`; `bad-layout` where the configuration is malformed, or where a manifest that a
 * tag needs is absent or damaged, so that nobody can tell which blobs it needs
 */
export async function cleanBucket(locator: string, options: CleanOptions = {}): Promise<CleanResult> {
  const { confirm = false, tags, blobs, onPhase, signal } = options
  const { graceSeconds = defaultGraceSeconds, keepTrashSeconds = defaultKeepTrashSeconds } = options
  for (const seconds of [graceSeconds, keepTrashSeconds]) {
    if (!(seconds >= 0 && Number.isFinite(seconds))) throw new LadingError('bad-argument', `${seconds} is no duration`)
  }
  return await interruptible(signal, async () => {
    await using bucket = await openStoreOf(locator, options)
    const { store, path } = bucket
    const both = !tags && !blobs
    const outcome = await cleanStore(store, {
      path,
      config: await readConfig(store, options),
      tags: both || tags === true,
      blobs: both || blobs === true,
      apply: confirm,
      graceMs: graceSeconds * 1000,
      keepTrashMs: keepTrashSeconds * 1000,
      clock: systemClock,
      onPhase,
      signal,
    })
    const retention = await store.retention?.({ signal })
    return { confirmed: confirm, ...outcome, ...(retention === undefined ? {} : { retention }) }
  })
}

function readConfig(store: ObjectStore, { config, signal }: CleanOptions): Promise<BucketConfig> {
  return config === undefined ? readBucketConfig(store, signal) : parseBucketConfig(config.bytes, config.name)
}
