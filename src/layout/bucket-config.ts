import { limits } from '../model/limits.ts'
import type { ObjectStore } from '../stores/index.ts'
import { openConfigDocument } from './config-document.ts'
import { type ImageSettings, matchEntries, resolveSettings } from './image-settings.ts'
import { configKey } from './keys.ts'
import { readDocument } from './read-document.ts'
import { readConfig, type WrittenConfig } from './read-settings.ts'
import type { WrittenSettings } from './setting-keys.ts'

/** The bucket's s3lo.yaml. What other tools keep in it is left alone. */
export interface BucketConfig extends WrittenConfig {
  /** Of all entries that match the image the most specific one counts, key by key over the default. */
  settingsOf(image: string): Promise<ImageSettings>
}

export const maxConfigBytes = limits.bucketConfigBytes

/**
 * The configuration of a bucket. An object that is absent says nothing.
 *
 * @throws LadingError `bad-layout` that names the line, where the file is malformed
 */
export async function readBucketConfig(store: ObjectStore, signal?: AbortSignal): Promise<BucketConfig> {
  const document = await readDocument(store, configKey, maxConfigBytes, signal)
  return await parseBucketConfig(document?.bytes ?? new Uint8Array(), configKey)
}

/**
 * Whether the tags of an image may not move. Nothing else of the configuration is read: a mistake in what tells how long images
 * are kept does not stop who brings one.
 *
 * @throws LadingError `bad-layout` that names the line
 */
export async function readImmutable(store: ObjectStore, image: string, signal?: AbortSignal): Promise<boolean> {
  const document = await readDocument(store, configKey, maxConfigBytes, signal)
  if (document === undefined) return false
  const { immutable } = await (await parse(document.bytes, configKey, ['immutable'])).settingsOf(image)
  return immutable
}

/**
 * Reads a configuration, wherever it comes from.
 *
 * @param subject what errors name: the key, or a file
 * @throws LadingError `bad-layout` that names the line
 */
export function parseBucketConfig(bytes: Uint8Array, subject: string): Promise<BucketConfig> {
  return parse(bytes, subject)
}

async function parse(bytes: Uint8Array, subject: string, names?: (keyof WrittenSettings)[]): Promise<BucketConfig> {
  // without a configuration no parser of YAML is loaded
  const written: WrittenConfig =
    bytes.byteLength === 0
      ? { byDefault: {}, images: new Map() }
      : readConfig(await openConfigDocument(bytes, subject), names)
  const entryOf = await matchEntries(written.images)
  return { ...written, settingsOf: image => resolveSettings(written, entryOf(image)) }
}
