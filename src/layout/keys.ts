import { LadingError } from '../errors/index.ts'
import { type Digest, digestParts } from '../model/digest.ts'
import { validateImageName, validateTag } from './names.ts'

/** The bucket's configuration. */
export const configKey = 's3lo.yaml'

const manifests = 'manifests/'
const manifestFile = '/manifest.json'

/** The objects of one tag. */
export interface TagKeys {
  /** The exact bytes of the root: this one object is the tag. */
  readonly manifest: string
  /** What was pushed here and when. */
  readonly history: string
  /** Says that the image is laid out as the OCI image layout specification has it. */
  readonly marker: string
  /** What the keys of its signatures begin with: s3lo keeps them with the tag since its version 1.9. */
  readonly signatures: string
}

/** Where content lives: layers, configs, platform manifests, and the root too. */
export function blobKey(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return `blobs/${algorithm}/${hex}`
}

/** Where it is kept what a layer of this uncompressed digest has been compressed to. */
export function layerKey(diffId: Digest): string {
  const { algorithm, hex } = digestParts(diffId)
  return `lading/layers/${algorithm}/${hex}`
}

/** Below it are simple signatures, by the manifest that they are of. */
export const signaturesPrefix = 'lading/signatures/'

/** What the keys of the signatures of a manifest begin with. */
export function signaturesOf(manifest: Digest): string {
  const { algorithm, hex } = digestParts(manifest)
  return `${signaturesPrefix}${algorithm}/${hex}/`
}

/** Below it every push that is under way has an object. */
export const leasesPrefix = 'lading/leases/'

export function leaseKey(id: string): string {
  return `${leasesPrefix}${id}`
}

/** Below it are the records of blobs that are going to be deleted. */
export const condemnedPrefix = 'lading/trash/blobs/'

/** @throws LadingError `bad-reference` where image or tag cannot be a part of a key */
export function tagKeys(image: string, tag: string): TagKeys {
  validateTag(tag)
  const folder = `${imagePrefix(image)}${tag}`
  return {
    manifest: `${folder}${manifestFile}`,
    history: `${folder}/history.json`,
    marker: `${folder}/oci-layout`,
    signatures: `${folder}/signatures/`,
  }
}

/** What the keys of all tags of an image begin with; those of images below its name do too. */
export function imagePrefix(image: string): string {
  validateImageName(image)
  return `${manifests}${image}/`
}

/** What the keys of all tags in the bucket begin with, or of those whose image's name begins with `start`. */
export function tagsPrefix(start = ''): string {
  return `${manifests}${start}`
}

/** The image and tag whose root is kept under `key`. `undefined`: it is no tag. */
export function parseTagKey(key: string): { image: string; tag: string } | undefined {
  if (!key.startsWith(manifests) || !key.endsWith(manifestFile)) return undefined
  const name = key.slice(manifests.length, -manifestFile.length)
  const slash = name.lastIndexOf('/')
  if (slash === -1) return undefined
  const image = name.slice(0, slash)
  const tag = name.slice(slash + 1)
  try {
    validateImageName(image)
    validateTag(tag)
  } catch (error) {
    if (error instanceof LadingError) return undefined
    throw error
  }
  return { image, tag }
}
