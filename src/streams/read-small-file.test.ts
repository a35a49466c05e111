import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { readSmallFile } from './read-small-file.ts'

const folder = await mkdtemp(path.join(os.tmpdir(), 'lading-small-'))
afterAll(() => rm(folder, { recursive: true }))

test('a file may be as large as the limit, and no larger', async () => {
  const file = path.join(folder, 'file')
  await writeFile(file, Buffer.alloc(limits.fileBytes, 'x'))
  expect((await readSmallFile(file)).byteLength).toBe(limits.fileBytes)
  await writeFile(file, Buffer.alloc(limits.fileBytes + 1))
  await expect(readSmallFile(file)).rejects.toMatchObject({ code: 'too-large', subject: file })
})

test.skipIf(process.platform === 'win32')('a file that never ends is left', async () => {
  await expect(readSmallFile('/dev/zero')).rejects.toMatchObject({ code: 'too-large' })
})

test('what the file system says comes as it is', async () => {
  await expect(readSmallFile(path.join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(readSmallFile(folder)).rejects.toMatchObject({ code: 'EISDIR' })
})
