import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createHttpClient } from '../../http/index.ts'
import { digestOf } from '../../model/digest.ts'
import type { FileUpload, ObjectStore, PartUpload } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { answerTo } from '../direct-answer.ts'
import { contentOf, listed, patterned, rejectsWith } from './store-contents.ts'

const whole = patterned(300_000)
const { byteLength: size } = whole
const content = digestOf(whole)
const key = `blobs/${content.replace(':', '/')}`

/** Where objects are written as files. */
async function fileOf(store: ObjectStore): Promise<FileUpload | undefined> {
  const upload = await store.upload?.(key, { size, content })
  return upload?.kind === 'file' ? upload : undefined
}

/** Of stores whose objects somebody else may write, or read, as files and requests. */
export const uploadCases: readonly ContractCase<ObjectStore>[] = [
  [
    'an upload is an object when it is finished, and not before',
    async store => {
      const upload = await fileOf(store)
      if (upload === undefined) return
      await writeFile(upload.path, whole)
      assert.equal(await store.head(key), undefined)
      assert.deepEqual(await listed(store, ''), [])
      await upload.finish()
      assert.deepEqual(await contentOf(store, key), Buffer.from(whole))
      assert.deepEqual(await listed(store, ''), [key])
    },
  ],
  [
    'an upload that is given up leaves nothing, whatever was written',
    async store => {
      for (const written of [0, 1000, size]) {
        const upload = await fileOf(store)
        if (upload === undefined) return
        await writeFile(upload.path, whole.subarray(0, written))
        await upload.abort()
        assert.equal(await store.head(key), undefined)
        await assert.rejects(writeFile(upload.path, whole, { flag: 'r+' }))
      }
      assert.deepEqual(await listed(store, ''), [])
    },
  ],
  [
    'an upload of another size than was declared is refused',
    async store => {
      for (const written of [whole.subarray(1), Buffer.concat([whole, Buffer.of(0)])]) {
        const upload = await fileOf(store)
        if (upload === undefined) return
        await writeFile(upload.path, written)
        await rejectsWith('size-mismatch', upload.finish())
        assert.equal(await store.head(key), undefined)
        await upload.abort()
      }
    },
  ],
  [
    'an upload of what is there leaves it there, finished or given up',
    async store => {
      await store.put(key, whole, { content })
      for (const end of ['finish', 'abort'] as const) {
        const upload = await fileOf(store)
        if (upload === undefined) return
        await writeFile(upload.path, whole)
        await upload[end]()
        assert.deepEqual(await contentOf(store, key), Buffer.from(whole))
      }
    },
  ],
  [
    'an upload in the place of content of another size replaces it',
    async store => {
      await store.put(key, whole.subarray(1))
      const upload = await fileOf(store)
      if (upload === undefined) return
      await writeFile(upload.path, whole)
      await upload.finish()
      assert.deepEqual(await contentOf(store, key), Buffer.from(whole))
    },
  ],
  [
    'the same content uploaded by several at once is stored whole',
    async store => {
      const uploads = await Promise.all(Array.from({ length: 8 }, () => fileOf(store)))
      await Promise.all(
        uploads.map(async upload => {
          if (upload === undefined) return
          await writeFile(upload.path, whole)
          await upload.finish()
        }),
      )
      if (uploads[0] !== undefined) assert.deepEqual(await contentOf(store, key), Buffer.from(whole))
    },
  ],
  [
    'a located object is answered with its bytes, and with ranges of them, as often as wanted',
    async store => {
      await store.put(key, whole, { content })
      const request = await store.locate?.(key)
      if (request === undefined) return
      for (let time = 0; time < 2; time++) assert.deepEqual(await answerTo(request), Buffer.from(whole))
      for (const [start, end] of [
        [0, 1],
        [100_000, 200_001],
        [size - 1, size],
      ] as const)
        assert.deepEqual(await answerTo(request, { start, end }), Buffer.from(whole.subarray(start, end)))
    },
  ],
  [
    'an upload in parts is an object when it is finished, and not before, and another goes on with what was sent',
    async store => {
      const large = patterned(17 * 1024 * 1024)
      const options = { size: large.byteLength, content: digestOf(large) }
      const name = `blobs/${options.content.replace(':', '/')}`
      const first = await store.upload?.(name, options)
      if (first?.kind !== 'parts') return await first?.abort()
      await using http = createHttpClient()
      const { partSize } = first
      const send = async (upload: PartUpload, number: number) => {
        const body = large.subarray((number - 1) * partSize, number * partSize)
        const sha256 = createHash('sha256').update(body).digest('hex')
        const request = await upload.request({ number, size: body.byteLength, sha256 })
        const { status, headers, discard } = await http.request({ ...request, body })
        await discard()
        assert.equal(status, 200)
        return { etag: headers.get('etag')?.replaceAll('"', '') ?? '', size: body.byteLength }
      }
      await send(first, 1)
      const second = await store.upload?.(name, options)
      assert(second?.kind === 'parts')
      assert.deepEqual([...second.have.keys()], [1])
      const parts = new Map(second.have)
      for (let number = 2; (number - 1) * partSize < large.byteLength; number++)
        parts.set(number, await send(second, number))
      assert.equal(await store.head(name), undefined)
      assert.equal(await second.finish(parts), true)
      assert.deepEqual(await contentOf(store, name), Buffer.from(large))
    },
  ],
]
