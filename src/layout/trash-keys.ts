import { randomBytes } from 'node:crypto'
import { LadingError } from '../errors/index.ts'
import { validateImageName, validateTag } from './names.ts'

const trash = 'lading/trash/tags/'

/** A deleted tag in the trash: which one, and which of its deletions. */
export interface TrashName {
  readonly image: string
  readonly tag: string
  /** When it was put there, by the clock of who did it, and something random: sorted, they are in the order of time. */
  readonly stamp: string
}

/** The objects of a deleted tag, named as they are below the tag itself. */
export type TrashedFile = 'manifest.json' | 'history.json' | 'oci-layout' | `signatures/${string}`

/** `20260413T132209123Z-1f2e3d4c` */
export function trashStamp(now: Date): string {
  return `${now.toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`
}

/**
 * What the keys of one deletion begin with: `lading/trash/tags/<image>/<tag>@<stamp>/`. No image has an `@` in its name, so that they
 * are nobody else's.
 */
export function trashFolder({ image, tag, stamp }: TrashName): string {
  return `${trashOfTag(image, tag)}${stamp}/`
}

/** What the keys of all deletions of a tag begin with. */
export function trashOfTag(image: string, tag: string): string {
  validateImageName(image)
  validateTag(tag)
  return `${trash}${image}/${tag}@`
}

/** What the keys of everything in the trash begin with, or of the images whose name begins with `start`. */
export function trashPrefix(start = ''): string {
  return `${trash}${start}`
}

/** `undefined`: something else is kept under `key`. */
export function parseTrashKey(key: string): (TrashName & { readonly file: TrashedFile }) | undefined {
  if (!key.startsWith(trash)) return undefined
  const name = /^(.+)\/([^/@]+)@(\d{8}T\d{9}Z-[0-9a-f]{8})\/(.+)$/.exec(key.slice(trash.length))
  const [, image = '', tag = '', stamp = '', file = ''] = name ?? []
  if (name === null || !isTrashedFile(file)) return undefined
  try {
    validateImageName(image)
    validateTag(tag)
  } catch (error) {
    if (error instanceof LadingError) return undefined
    throw error
  }
  return { image, tag, stamp, file }
}

function isTrashedFile(file: string): file is TrashedFile {
  return ['manifest.json', 'history.json', 'oci-layout'].includes(file) || /^signatures\/[^/]+$/.test(file)
}
