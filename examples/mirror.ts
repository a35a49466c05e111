/**
 * Copies images into a bucket on disk, a line of progress for each blob.
 *
 *   node --conditions=lading-source examples/mirror.ts local://./images oci:examples/hello:v1 alpine:3.20 …
 *
 * In a project that has lading installed, without the condition, which is for this checkout alone.
 */
import { copyImage, isLadingError, parseReference } from 'lading'

const [bucket, ...sources] = process.argv.slice(2)
if (bucket === undefined || sources.length === 0) {
  console.error('usage: node examples/mirror.ts BUCKET IMAGE [IMAGE …]')
  process.exit(64)
}

for (const source of sources) {
  try {
    parseReference(source)
    const result = await copyImage(source, `${bucket}//mirror/${nameOf(source)}`, {
      onEvent(event) {
        if (event.type === 'copied') console.log(`  ${event.kind} ${event.digest} (${event.size} bytes)`)
      },
    })
    console.log(`${result.source} -> ${result.destination} ${result.digest}`)
  } catch (error) {
    if (!isLadingError(error)) throw error
    console.error(`${source}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`)
    process.exitCode = error.exitCode
  }
}

/** `oci:examples/hello:v1` becomes `hello:v1`, `alpine` becomes `alpine:latest`. */
function nameOf(source: string): string {
  const last = source.slice(source.lastIndexOf('/') + 1)
  return last.includes(':') ? last : `${last}:latest`
}
