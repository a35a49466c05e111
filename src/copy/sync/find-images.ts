import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, isLadingError, LadingError } from '../../errors/index.ts'
import { attachedTo } from '../../layout/index.ts'
import { isAttachmentTag } from '../../model/attachment-tags.ts'
import { isDigest } from '../../model/digest.ts'
import { formatReference, formatRepository, parseReference } from '../../transports/index.ts'
import { listTagsOver } from '../list-tags.ts'
import type { ServerOptions } from '../server-options.ts'
import type { SessionOptions, Shared } from '../session.ts'
import { sourceServerOf } from './source-server.ts'
import { readSyncFile, type SyncRegistry, type SyncRepository } from './sync-file.ts'
import type { SyncedImage, SyncOptions, syncSources } from './sync-options.ts'

/** An image that is to be copied. */
export interface FoundImage {
  /** As it is read. */
  readonly source: string
  /** Its whole name, with `/`, as a destination may keep it. */
  readonly name: string
  readonly server?: ServerOptions
}

interface Search {
  /** What has a tag that is made of an image's digest comes with the image, and is none. */
  readonly carriesAttachments: boolean
  readonly shared: Shared
  readonly options: SyncOptions
  readonly warn: (message: string) => void
}

/**
 * The images of a source of `sync`, and with `keepGoing` the repositories that cannot be listed.
 *
 * @throws LadingError `image-not-found` where there is none at all
 */
export async function* findImages(source: string, search: Search): AsyncGenerator<FoundImage | SyncedImage> {
  const { kind, rest } = sourceKind(source, search.options.from)
  let found = false
  for await (const image of kind === 'dir' ? inDirectory(rest) : inRegistries(kind, rest, search)) {
    found = true
    yield image
  }
  if (!found)
    throw new LadingError('image-not-found', 'it holds no images', {
      operation: 'look for images',
      subject: source,
      side: 'source',
    })
}

function sourceKind(source: string, from: SyncOptions['from']): { kind: (typeof syncSources)[number]; rest: string } {
  const prefixes = { 'docker://': 'docker', 'dir:': 'dir' } as const
  for (const [prefix, kind] of Object.entries(prefixes)) {
    if (source.startsWith(prefix) && (from === undefined || from === kind))
      return { kind, rest: source.slice(prefix.length) }
  }
  if (from !== undefined) return { kind: from, rest: source }
  throw new LadingError('bad-argument', `what ${JSON.stringify(source)} is has to be said`, {
    hint: 'with --src docker, dir or yaml; or write docker://REPOSITORY or dir:PATH',
  })
}

async function* inRegistries(
  kind: 'docker' | 'yaml',
  text: string,
  search: Search,
): AsyncGenerator<FoundImage | SyncedImage> {
  if (kind === 'docker') {
    const wanted = isRepository(text) ? () => true : undefined
    if (wanted === undefined) yield imageOf(text)
    else yield* taggedImages(text, wanted, undefined, search)
    return
  }
  for (const registry of await readSyncFile(text, search.warn)) {
    const server = sourceServerOf(registry, search.options.sourceServer)
    for (const repository of registry.repositories) yield* wantedImages(registry, repository, server, search)
  }
}

async function* wantedImages(
  { registry }: SyncRegistry,
  { repository, wanted }: SyncRepository,
  server: ServerOptions | undefined,
  search: Search,
): AsyncGenerator<FoundImage | SyncedImage> {
  const name = `${registry}/${repository}`
  try {
    if (!isRepository(name))
      throw new LadingError('bad-reference', `${JSON.stringify(name)} is an image, and not a repository`)
    if (typeof wanted === 'function') yield* taggedImages(name, wanted, server, search)
    else for (const tag of wanted) yield imageOf(`${name}${isDigest(tag) ? '@' : ':'}${tag}`, server)
  } catch (error) {
    if (!search.options.keepGoing || search.options.signal?.aborted || !isLadingError(error)) throw error
    yield { source: name, error }
  }
}

/** Whether neither a tag nor a digest is named. */
function isRepository(text: string): boolean {
  return !text.includes('@') && text.lastIndexOf(':') <= text.lastIndexOf('/')
}

async function* taggedImages(
  repository: string,
  wanted: (tag: string) => boolean,
  server: ServerOptions | undefined,
  { carriesAttachments, shared, options, warn }: Search,
): AsyncGenerator<FoundImage> {
  const session: SessionOptions = { ...options, ...(server === undefined ? {} : { sourceServer: server }) }
  const name = formatRepository(parseReference(`docker://${repository}`))
  let found = false
  for await (const tag of listTagsOver(shared, `docker://${repository}`, session)) {
    if (!wanted(tag) || (carriesAttachments && isCarried(tag))) continue
    found = true
    yield imageOf(`${name}:${tag}`, server)
  }
  if (!found) warn(`${name} has no tag that is wanted`)
}

function isCarried(tag: string): boolean {
  const subject = attachedTo(tag)
  return subject !== undefined && isAttachmentTag(tag, subject)
}

function imageOf(text: string, server?: ServerOptions): FoundImage {
  const name = formatReference(parseReference(`docker://${text}`))
  return { source: `docker://${name}`, name, ...(server === undefined ? {} : { server }) }
}

/** Every directory that holds a manifest.json; below one there is no other. */
async function* inDirectory(root: string): AsyncGenerator<FoundImage> {
  const waiting = ['']
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const folder = path.join(root, at)
    const entries = await entriesOf(folder)
    if (entries.some(entry => entry.isFile() && entry.name === 'manifest.json')) {
      yield { source: `dir:${folder}`, name: at === '' ? path.basename(path.resolve(root)) : at }
      continue
    }
    const folders = entries.filter(entry => entry.isDirectory()).map(({ name }) => name)
    // what is taken from the end comes in order
    for (const name of folders.sort().reverse()) waiting.push(at === '' ? name : `${at}/${name}`)
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    throw fromFileError(error, { operation: 'look for images', subject: folder, side: 'source' })
  }
}
