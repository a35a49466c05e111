import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { flatImages } from './flat-images.ts'

/*
 * A registry with the images and an S3 server, in a process of their own: what they hold and have open is not counted with those who copy.
 */
const registry = await startFakeRegistry()
const s3 = await startFakeS3()
s3.bucket('flat')
const repository = registry.repository('source')
for (const { tag, image } of flatImages()) {
  for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes)
  const { mediaType, digest } = image.root
  const bytes = image.blobs.get(digest)
  if (bytes !== undefined) repository.addManifest(mediaType, bytes, tag)
}
setInterval(() => {
  registry.requests.length = 0
  s3.requests.length = 0
}, 1000)
process.stdout.write(`ready ${registry.host} ${s3.url} ${s3.accessKeyId} ${s3.secretAccessKey}\n`)
