import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { digestOf, digestParts } from '../model/digest.ts'
import { replaceFile } from '../streams/replace-file.ts'
import { cacheFolder } from './cache-folder.ts'

/** What is known of a store. What nobody has tried yet is absent. */
export interface KnownCapabilities {
  /** Whether `If-None-Match: *` keeps what is there. */
  readonly ifNoneMatch?: boolean | undefined
  /** Whether `If-Match` keeps what is of another version. */
  readonly ifMatch?: boolean | undefined
  /** Whether an entity tag in `If-Match` has its quotes. */
  readonly quotedEtags?: boolean | undefined
  /** Whether the class in which content is kept exists. */
  readonly contentClass?: boolean | undefined
}

/** What one store can do, as far as writing to it has shown. */
export interface Capabilities {
  known(): Promise<KnownCapabilities>
  /** Keeps what was found out. That it cannot be kept is no error: it will be found out again. */
  learn(found: KnownCapabilities): Promise<void>
}

const schema = v.object({
  ifNoneMatch: v.optional(v.boolean()),
  ifMatch: v.optional(v.boolean()),
  quotedEtags: v.optional(v.boolean()),
  contentClass: v.optional(v.boolean()),
})

/** Capabilities of a service that documents them: nothing is kept beyond this process. */
export function documentedCapabilities(documented: KnownCapabilities): Capabilities {
  let known = documented
  return {
    known: async () => known,
    learn: async found => {
      known = { ...known, ...found }
    },
  }
}

/** Capabilities of a store that has to be tried, kept on this machine in a file of its own. */
export function triedCapabilities(
  store: { readonly endpoint: string; readonly bucket: string },
  environment: Readonly<Record<string, string | undefined>>,
): Capabilities {
  const { hex } = digestParts(digestOf(new TextEncoder().encode(`${store.endpoint} ${store.bucket}`)))
  const file = join(cacheFolder(environment), 'stores', `${hex.slice(0, 32)}.json`)
  let known: Promise<KnownCapabilities> | undefined
  return {
    known: () => {
      known ??= read(file)
      return known
    },
    async learn(found) {
      const before = known ?? read(file)
      const after = before.then(old => ({ ...old, ...found }))
      known = after
      const old = await before
      if (Object.entries(found).every(([name, value]) => Reflect.get(old, name) === value)) return
      // Another process may have learnt something else meanwhile.
      await replace(file, { ...store, ...(await read(file)), ...(await after) })
    },
  }
}

/** A file that is absent or damaged says nothing. */
async function read(file: string): Promise<KnownCapabilities> {
  try {
    return v.parse(schema, JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return {}
  }
}

async function replace(file: string, content: object): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  } catch {
    // Then it is found out again.
  }
}
