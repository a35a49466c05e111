import { LadingError } from '../../errors/index.ts'
import { parseRegistryReference } from '../registry/reference.ts'
import type { Reference } from '../transport.ts'

/** An image in the storage that podman, buildah and CRI-O share: containers-transports(5), `containers-storage:`. */
export interface ContainersStorageReference extends Reference {
  readonly transport: 'containers-storage'
  /** Which storage, as it is written between the brackets. Absent: the one that storage.conf(5) names. */
  readonly storage?: string
  /** A name as Docker has them, an image ID, or both with `@` between them. */
  readonly image: string
}

/** Which storage, taken apart. */
export interface StorageLocation {
  readonly driver?: string
  readonly graphRoot?: string
  readonly runRoot?: string
  readonly options: readonly string[]
}

const prefix = 'containers-storage:'
const imageId = /^[a-f0-9]{64}$/
/** The tools take the beginning of one that the storage has. */
const shortImageId = /^[a-f0-9]{3,64}$/

/**
 * Reads `containers-storage:[[driver@graphroot+runroot:options]]image`. The outer brackets are this page's, the inner ones are written.
 *
 * @throws LadingError `bad-reference`
 */
export function parseContainersStorageReference(text: string): ContainersStorageReference {
  const fail = (why: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not an image in containers' storage: ${why}`, {
      hint: 'write containers-storage:NAME[:TAG], containers-storage:@IMAGE-ID, or containers-storage:[DRIVER@GRAPHROOT+RUNROOT]NAME',
    })
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  if (rest.includes('\0')) throw fail('it holds a NUL character')
  const close = rest.startsWith('[') ? rest.indexOf(']') : -1
  if (rest.startsWith('[') && close === -1) throw fail('"[" is not closed')
  const storage = close === -1 ? undefined : rest.slice(1, close)
  const image = rest.slice(close + 1)
  if (storage !== undefined) {
    const { driver, graphRoot, runRoot } = parseStorageLocation(storage)
    if (storage === '' || driver === '' || (driver !== undefined && graphRoot === undefined && runRoot === undefined))
      throw fail('a storage is [GRAPHROOT] or [DRIVER@GRAPHROOT]')
    if ([graphRoot, runRoot].some(root => root !== undefined && !root.startsWith('/')))
      throw fail('the directories of a storage are absolute')
  }
  if (image === '') throw fail('it names no image')
  checkImage(image, fail)
  return { transport: 'containers-storage', image, ...(storage === undefined ? {} : { storage }) }
}

export function formatContainersStorageReference({ storage, image }: ContainersStorageReference): string {
  return `${prefix}${storage === undefined ? '' : `[${storage}]`}${image}`
}

/** `driver@graphroot+runroot:option,option`, of which only the graph root must stand there. */
export function parseStorageLocation(storage: string): StorageLocation {
  const at = storage.indexOf('@')
  const roots = storage.slice(at + 1)
  const colon = roots.indexOf(':')
  const paths = colon === -1 ? roots : roots.slice(0, colon)
  const plus = paths.indexOf('+')
  const graphRoot = plus === -1 ? paths : paths.slice(0, plus)
  const runRoot = plus === -1 ? '' : paths.slice(plus + 1)
  return {
    ...(at === -1 ? {} : { driver: storage.slice(0, at) }),
    ...(graphRoot === '' ? {} : { graphRoot }),
    ...(runRoot === '' ? {} : { runRoot }),
    options: colon === -1 ? [] : roots.slice(colon + 1).split(','),
  }
}

/** A name apart from the image ID that may follow it. A digest belongs to the name. */
export function splitImageId(image: string): { readonly name?: string; readonly id?: string } {
  const at = image.lastIndexOf('@')
  const last = image.slice(at + 1)
  if (at === -1) return imageId.test(image) ? { id: image } : { name: image }
  if (!shortImageId.test(last)) return { name: image }
  return at === 0 ? { id: last } : { name: image.slice(0, at), id: last }
}

function checkImage(image: string, fail: (why: string) => LadingError): void {
  const { name } = splitImageId(image)
  if (name === undefined) return
  try {
    if (name.startsWith('docker://')) throw fail('a transport has no place in it')
    parseRegistryReference(name)
  } catch (error) {
    throw error instanceof LadingError ? fail(error.message) : error
  }
}
