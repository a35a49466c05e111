import { isLadingError } from '../../src/errors/index.ts'
import { openStore } from '../../src/stores/index.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'

// One of several processes at one fake of Google Cloud Storage, which STORAGE_EMULATOR_HOST names: `node gcs-store-worker.ts TASK NAME`.
const [task, name = ''] = process.argv.slice(2)
await using store = await openStore({ scheme: 'gs', root: 'bucket' })

/** Three parts, and a body that never ends. */
async function upload(): Promise<void> {
  const part = Buffer.alloc(usualPartBytes, 'x')
  const body = {
    size: 4 * part.length,
    async *open() {
      for (let i = 0; i < 3; i++) yield part
      await new Promise(resolve => setTimeout(resolve, 600_000))
    },
  }
  await store.put('blobs/large', body, { content: `sha256:${'1'.repeat(64)}` })
}

async function create(): Promise<void> {
  const won: number[] = []
  for (let i = 0; i < 20; i++) {
    try {
      await store.put(`created/${i}`, new TextEncoder().encode(name), { ifNoneMatch: '*' })
      won.push(i)
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
    }
  }
  process.stdout.write(JSON.stringify(won))
}

if (task === 'upload') await upload()
else await create()
