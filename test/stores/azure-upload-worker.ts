import { digestOf } from '../../src/model/digest.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'
import type { Bytes } from '../../src/streams/index.ts'
import { openAzure, operationOf } from './open-azure.ts'

const mebibyte = 1024 * 1024

/** Three blocks, the last one small, each of them different. */
export const largeContent = Buffer.concat(
  [usualPartBytes, usualPartBytes, mebibyte].map((size, index) => Buffer.alloc(size, `part ${index} `)),
)

export function blockOfContent(index: number): Uint8Array {
  return largeContent.subarray(index * usualPartBytes, (index + 1) * usualPartBytes)
}

/** An upload that never ends: `node azure-upload-worker.ts CONTAINER SETTINGS` prints when two blocks are with Azure. */
async function uploadForEver(container: string, settings: string): Promise<void> {
  let answered = 0
  await using store = await openAzure(container, JSON.parse(settings), async (request, next) => {
    const response = await next(request)
    if (operationOf(request) === 'PUT block' && ++answered === 2) process.stdout.write('two blocks are there')
    return response
  })
  const body: Bytes = {
    size: largeContent.byteLength,
    async *open() {
      yield largeContent.subarray(0, 2 * usualPartBytes + 5)
      await new Promise(resolve => setTimeout(resolve, 60_000))
    },
  }
  const content = digestOf(largeContent)
  await store.put(`blobs/${content.replace(':', '/')}`, body, { content })
}

const [container, settings] = process.argv.slice(2)
if (import.meta.main && container !== undefined && settings !== undefined) await uploadForEver(container, settings)
