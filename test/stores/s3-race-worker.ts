import { createInterface } from 'node:readline'
import { isLadingError } from '../../src/errors/index.ts'
import { writeTag } from '../../src/layout/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { openStore } from '../../src/stores/index.ts'

// One of several processes that push to a tag at once: `node s3-race-worker.ts BUCKET NAME`, and for every line `IMAGE if-absent|moving`
// on stdin a line of JSON on stdout that says how it went.
const [root = '', name = ''] = process.argv.slice(2)
await using store = await openStore({ scheme: 's3', root })
// The SDK is loaded by the first call, and all processes must be equally quick.
await store.head('warm')
process.stdout.write('ready\n')

for await (const line of createInterface({ input: process.stdin })) {
  const [image = '', mode] = line.split(' ')
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, pushedBy: name }))
  const digest = digestOf(bytes)
  const push = { image, tag: 'v1', digest, bytes, imageBytes: bytes.byteLength, immutable: mode === 'if-absent' }
  process.stdout.write(`${JSON.stringify({ digest, ...(await outcome(() => writeTag(store, push))) })}\n`)
}

async function outcome(push: () => Promise<unknown>): Promise<{ won: boolean; error?: string }> {
  try {
    await push()
    return { won: true }
  } catch (error) {
    if (isLadingError(error, 'tag-exists')) return { won: false, error: error.message }
    return { won: false, error: `unexpected: ${String(error)}` }
  }
}
