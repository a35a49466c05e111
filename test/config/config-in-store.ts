import { changeBucketConfig } from '../../src/layout/change-bucket-config.ts'
import { parseConfigChange } from '../../src/layout/parse-config-change.ts'
import { memoryStore, type ObjectStore } from '../../src/stores/index.ts'
import { readAll } from '../../src/streams/index.ts'

/** A bucket with this configuration, or none. */
export async function storeOf(text: string | undefined): Promise<ObjectStore> {
  const store = memoryStore()
  if (text !== undefined) await store.put('s3lo.yaml', new TextEncoder().encode(text))
  return store
}

/** The configuration, byte order mark and all. */
export async function textIn(store: ObjectStore): Promise<string | undefined> {
  if ((await store.head('s3lo.yaml')) === undefined) return undefined
  const { body } = await store.get('s3lo.yaml')
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readAll(body, 1e6, 's3lo.yaml'))
}

/** Does what `config set` does. */
export function change(store: ObjectStore, entry: string | undefined, ...words: string[]) {
  const changes = words.map(word => {
    const [key = '', value = ''] = word.split('=')
    return parseConfigChange(key, value, entry === undefined ? 'bucket' : 'image')
  })
  return changeBucketConfig(store, entry, changes)
}

/** As people write it. */
export const annotated = `# of the platform team
default:   # for all
  lifecycle:
    keep_last: 10      # ten

    # not too long
    max_age: "90d"
  owner: {name: 'team',   mail: x@example.com}   # ours

images:
    dev/*:   # short-lived
        lifecycle: {max_age: 7d, keep_tags: [latest,  stable]} # quick
    myapp:
        immutable: yes
        lifecycle:
            keep_tags:
                - stable  # s
                - latest  # l
            # the end of myapp
policies:
- name: scanned
  check: scan
# the end
`
