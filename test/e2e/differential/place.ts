import path from 'node:path'
import { newFolder } from '../lading.ts'

export const placeKinds = ['dir', 'oci', 'oci-archive', 'docker-archive', 'docker'] as const
export type PlaceKind = (typeof placeKinds)[number]

/** Where an image is or shall be. */
export interface Place {
  readonly kind: PlaceKind
  /** The image's name, as both programs are told it. */
  readonly name: string
  /** The folder or the file. */
  readonly path: string
  /** Of a registry: its API's address of the repository. */
  readonly repository: string
  readonly tag: string
}

/** A place where nothing is yet. `host` is a registry's. */
export async function newPlace(kind: PlaceKind, host: string): Promise<Place> {
  const folder = await newFolder()
  const tag = 'v1'
  const repository = path.basename(folder).toLowerCase()
  const rest = { kind, tag, repository: `http://${host}/v2/${repository}` }
  if (kind === 'docker') return { ...rest, path: '', name: `docker://${host}/${repository}:${tag}` }
  const file = path.join(folder, 'image')
  const suffix = { dir: '', oci: `:${tag}`, 'oci-archive': `:${tag}`, 'docker-archive': `:localhost/app:${tag}` }[kind]
  return { ...rest, path: file, name: `${kind}:${file}${suffix}` }
}
