import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOf } from '../src/model/digest.ts'
import type { BenchImage } from './write-bench-image.ts'

const everyManifest = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** @throws Error where a registry does not have the image under this name */
export async function checkRegistry(url: string, repository: string, { root }: BenchImage): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/v1`, { headers: { accept: everyManifest } })
  const digest = digestOf(new Uint8Array(await answer.arrayBuffer()))
  if (digest !== root.digest) throw new Error(`${repository} has ${digest} (${answer.status}), not ${root.digest}`)
}

/** @throws Error where a folder of blobs, of a layout or of a bucket, lacks some of the image */
export async function checkBlobs(folder: string, { blobs }: BenchImage): Promise<void> {
  const found = await readdir(path.join(folder, 'blobs/sha256'))
  // a bucket has the root as its tag, and as a blob it is only a cache
  if (found.length < blobs - 1) throw new Error(`${found.length} blobs are there, not ${blobs}`)
}

/** @throws Error where the layout's only image is another */
export async function checkLayout(folder: string, image: BenchImage): Promise<void> {
  await checkBlobs(folder, image)
  const index: { manifests?: { digest?: string }[] } = JSON.parse(
    await readFile(path.join(folder, 'index.json'), 'utf8'),
  )
  const digests = index.manifests?.map(({ digest }) => digest) ?? []
  // crane and skopeo may write the platforms of an index, or the index itself
  if (digests.length === 0) throw new Error('the layout has no image')
}
