import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { digestOf } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { answerTo } from '../direct-answer.ts'
import { contentOf, listed, patterned, rejectsWith } from './store-contents.ts'

const whole = patterned(300_000)
const { byteLength: size } = whole
const content = digestOf(whole)
const key = `blobs/${content.replace(':', '/')}`

/** Of stores whose objects somebody else may write, or read, as files and requests. */
export const uploadCases: readonly ContractCase<ObjectStore>[] = [
  [
    'an upload is an object when it is finished, and not before',
    async store => {
      const upload = await store.upload?.(key, { size, content })
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
        const upload = await store.upload?.(key, { size, content })
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
        const upload = await store.upload?.(key, { size, content })
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
        const upload = await store.upload?.(key, { size, content })
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
      const upload = await store.upload?.(key, { size, content })
      if (upload === undefined) return
      await writeFile(upload.path, whole)
      await upload.finish()
      assert.deepEqual(await contentOf(store, key), Buffer.from(whole))
    },
  ],
  [
    'the same content uploaded by several at once is stored whole',
    async store => {
      const uploads = await Promise.all(Array.from({ length: 8 }, () => store.upload?.(key, { size, content })))
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
]
