// Writes examples/hello, the image that the first lines of the README copy: `node scripts/make-example.ts`
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exampleImage } from './example-image.ts'

const folder = path.join(import.meta.dirname, '../examples/hello')
await rm(folder, { recursive: true, force: true })
for (const [name, bytes] of exampleImage()) {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, bytes)
}
