import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fromFileError, isLadingError, LadingError, systemCode } from '../errors/index.ts'
import { configKey } from '../layout/index.ts'
import { openStore } from '../stores/index.ts'

export interface InitStoreOptions {
  /** The directory that becomes a bucket. */
  readonly local: string
}

export interface InitStoreResult {
  /** Absolute. */
  readonly path: string
  /** `false`: it was a bucket already. Only what was missing has been added. */
  readonly created: boolean
}

const initialConfig = `# The configuration of this bucket. lading and s3lo read it.
#
# "default" is for every image; under "images" stand names and globs of single ones ("*" does not cross a "/").
# Of several that match, the most specific one counts.
#
# "lading config set" changes it and leaves everything else as it is, comments too.
#
# default:
#   immutable: false     # true: a tag that exists is not moved without --force
#   lifecycle:           # which tags may go
#     keep_last: 10      # so many of the newest stay
#     max_age: 90d       # beyond them a tag goes when it is older (7d, 168h, 1h30m)
#     keep_tags: [latest, stable, v1.*]     # these stay always
#   keep_history: 5      # of every tag so many of the newest history entries keep their blobs
#
# images:
#   release/*:
#     immutable: true
`

/** What a first write that was interrupted leaves, and what file systems put into a fresh directory of their own. */
const unremarkable = ['lading', 'lost+found']

/**
 * Makes a directory a bucket. What is there of a bucket already stays as it is.
 *
 * @throws LadingError `bad-layout` where the directory holds something else: a bucket is not mixed with other files
 */
export async function initStore({ local }: InitStoreOptions): Promise<InitStoreResult> {
  const path = resolve(local)
  try {
    const names = await readNames(path)
    const isStore = names.some(name => [configKey, 'blobs', 'manifests'].includes(name))
    const foreign = names.find(name => !unremarkable.includes(name))
    if (!isStore && foreign !== undefined) {
      throw new LadingError(
        'bad-layout',
        `the directory is not empty and no bucket: it holds ${JSON.stringify(foreign)}`,
        {
          hint: 'name a directory that is empty or does not exist yet',
        },
      )
    }
    await mkdir(join(path, 'blobs'), { recursive: true })
    await mkdir(join(path, 'manifests'), { recursive: true })
    const wrote = await writeConfig(local)
    return { path, created: wrote && !isStore }
  } catch (error) {
    const failure = fromFileError(error, {})
    throw failure instanceof LadingError
      ? failure.with({ operation: 'create bucket', side: 'local', subject: local })
      : failure
  }
}

async function readNames(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Whether it was written: a configuration that exists stays. */
async function writeConfig(root: string): Promise<boolean> {
  await using store = await openStore({ scheme: 'local', root })
  try {
    await store.put(configKey, new TextEncoder().encode(initialConfig), { ifNoneMatch: '*' })
    return true
  } catch (error) {
    if (isLadingError(error, 'precondition-failed')) return false
    throw error
  }
}
