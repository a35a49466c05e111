import { LadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { type BucketConfig, maxConfigBytes, parseBucketConfig } from './bucket-config.ts'
import { changeObject } from './change-object.ts'
import { configYaml } from './config-document.ts'
import { editConfig } from './edit-config.ts'
import { configKey } from './keys.ts'
import type { ConfigChange } from './parse-config-change.ts'
import { readDocument } from './read-document.ts'

/** What a change of the configuration came to. */
export interface ChangedConfig {
  /** `false`: everything was so already, and nothing was written. */
  readonly changed: boolean
  readonly config: BucketConfig
}

/**
 * Changes the default of a bucket, or the entry of an image or glob. Of edits at the same time none is lost. What other tools and people
 * keep in the file stays as it is.
 *
 * MUST NOT write where a change is none, or where the file is malformed.
 *
 * @param entry the name or glob; `undefined` is the default
 * @throws LadingError `bad-layout` that names the line, `unsupported` where the file shares values in a way that cannot be changed
 */
export async function changeBucketConfig(
  store: ObjectStore,
  entry: string | undefined,
  changes: readonly ConfigChange[],
  signal?: AbortSignal,
): Promise<ChangedConfig> {
  const yaml = await import('yaml')
  const place = entry === undefined ? ['default'] : ['images', entry]
  // a block is unset before one of its keys is set, and a key after others are: an entry that stays is not removed in between
  const order = ({ path, value }: ConfigChange) =>
    value !== undefined ? 1 : path[0] === 'lifecycle' && path.length === 1 ? 0 : 2
  const edits = changes
    .toSorted((a, b) => order(a) - order(b))
    .map(({ path, value }) => {
      const node = yaml.parseDocument('', configYaml).createNode(value, { flow: true })
      const document = new yaml.Document(node, configYaml)
      const written = document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd()
      return {
        path: path[0] === 'chunked' ? path : [...place, ...path],
        value: value === undefined ? undefined : written,
      }
    })
  let result: ChangedConfig | undefined
  await changeObject(
    store,
    configKey,
    () => readDocument(store, configKey, maxConfigBytes, signal),
    async old => {
      const before = old ?? new Uint8Array()
      const config = await parseBucketConfig(before, configKey)
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(before)
      const edited = edits.reduce((now, { path, value }) => editConfig(yaml, now, path, value), text)
      if (edited === text) {
        result = { changed: false, config }
        return undefined
      }
      const after = new TextEncoder().encode(edited)
      if (after.byteLength > maxConfigBytes) {
        throw new LadingError('too-large', `the configuration would be longer than ${maxConfigBytes} bytes`, {
          operation: 'change configuration',
          subject: configKey,
        })
      }
      result = { changed: true, config: await parseBucketConfig(after, configKey) }
      return after
    },
    signal,
  )
  if (result === undefined) throw new LadingError('internal', 'a change of the configuration came to nothing')
  return result
}
