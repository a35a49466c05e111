import { parseTagKey, tagsPrefix } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ImagePattern } from '../image-pattern.ts'
import type { TagEntry } from '../list-tags.ts'

/** Something that was found often: how often, and where, the first few times. */
export interface Found {
  count: number
  readonly names: string[]
}

/** What stands below `manifests/` beside the tags. */
export interface FolderFindings {
  /** Folders with a history or a marker and no tag. */
  readonly leftOver: Found
  /** Roots that can be no tag: nobody can name them. */
  readonly nameless: Found
  /** Keys that belong to no tag. */
  readonly foreign: Found
  /** Tags with signatures of s3lo. */
  readonly signed: Found
}

const namesKept = 10

export function nothingFound(): Found {
  return { count: 0, names: [] }
}

export function find(found: Found, name: string): void {
  found.count += 1
  if (found.names.length < namesKept) found.names.push(name)
}

interface Folder {
  readonly path: string
  readonly image: string
  readonly tag: string
  hasRoot: boolean
  isSigned: boolean
}

const inSignatures = /^(.+?)\/signatures\/[^/]+$/
const inFolder = /^(.+)\/(manifest\.json|history\.json|oci-layout)$/

/**
 * The tags of a bucket, and what else is there, in one listing. An image `app/v1` lives within the folder of the tag `app:v1`, so folders
 * are open within one another; no more than those on the way to a key are held.
 */
export async function* walkTagFolders(
  store: ObjectStore,
  { start, matches }: ImagePattern,
  findings: FolderFindings,
  signal?: AbortSignal,
): AsyncGenerator<TagEntry, void, undefined> {
  const root = tagsPrefix()
  const open: Folder[] = []
  const close = (folder: Folder) => {
    const name = `${folder.image}:${folder.tag}`
    if (!folder.hasRoot) find(findings.leftOver, name)
    else if (folder.isSigned) find(findings.signed, name)
  }
  for await (const entry of store.list(tagsPrefix(start), { signal })) {
    if (entry.kind !== 'object') continue
    const key = entry.info.key.slice(root.length)
    for (let last = open.at(-1); last !== undefined && !key.startsWith(`${last.path}/`); last = open.at(-1)) {
      close(last)
      open.pop()
    }
    const signature = inSignatures.exec(key)
    const [, path, file] = signature ?? inFolder.exec(key) ?? []
    const name = path === undefined ? undefined : parseTagKey(`${root}${path}/manifest.json`)
    if (path === undefined || name === undefined) {
      find(file === 'manifest.json' ? findings.nameless : findings.foreign, entry.info.key)
      continue
    }
    if (!matches(name.image)) continue
    if (open.at(-1)?.path !== path) open.push({ path, ...name, hasRoot: false, isSigned: false })
    const folder = open.at(-1)
    if (folder !== undefined && signature !== null) folder.isSigned = true
    if (folder === undefined || file !== 'manifest.json') continue
    folder.hasRoot = true
    yield { ...name, info: entry.info }
  }
  for (const folder of open) close(folder)
}
