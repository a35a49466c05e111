import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { exampleImage, uncompressedContent } from '../../scripts/example-image.ts'
import { digestOf } from '../../src/model/digest.ts'

const folder = path.join(import.meta.dirname, '../../examples/hello')

async function committed(): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(
      names.map(
        async name =>
          [path.relative(folder, name).replaceAll(path.sep, '/'), await readFile(name)] satisfies [string, Uint8Array],
      ),
    ),
  )
}

test('examples/hello is what scripts/make-example.ts writes', async () => {
  // how gzip packs the same bytes may change between builds of Node, and with it every digest above: compare what is inside
  expect(uncompressedContent(await committed())).toEqual(uncompressedContent(exampleImage()))
})

test('every blob of examples/hello is named by its digest', async () => {
  for (const [name, bytes] of await committed()) {
    if (name.startsWith('blobs/')) expect(`blobs/${digestOf(bytes).replace(':', '/')}`).toBe(name)
  }
})
