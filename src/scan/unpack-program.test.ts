import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/services/temporary-folder.ts'
import { limits } from '../model/limits.ts'
import { inChunks } from '../testing/archive-readers.ts'
import { tarArchive } from '../testing/tar-blocks.ts'
import { unpackProgram } from './unpack-program.ts'

const newFolder = () => mkdtemp(path.join(temporaryFolder(), 'unpack-'))

test('a program that is larger than any is not written', async () => {
  const folder = await newFolder()
  // the entry says so, and has no bytes at all
  const sized = (size: number) =>
    inChunks(gzipSync(tarArchive({ name: 'trivy', size: `${size.toString(8).padStart(11, '0')}\0` })))
  const target = path.join(folder, 'trivy')
  await expect(unpackProgram(sized(limits.scannerProgramBytes + 1), 'trivy', target)).rejects.toMatchObject({
    code: 'too-large',
  })
  await expect(unpackProgram(sized(limits.scannerProgramBytes), 'trivy', target)).rejects.toMatchObject({
    code: 'bad-archive',
  })
  expect(await readdir(folder)).toEqual([])
})

test('what is taken is what has that name at the top, whatever else is there', async () => {
  const target = path.join(await newFolder(), 'deep/trivy')
  const archive = tarArchive(
    { name: '../trivy', body: 'a' },
    { name: 'b/trivy', body: 'b' },
    { name: './trivy', body: 'c' },
  )
  await unpackProgram(inChunks(gzipSync(archive)), 'trivy', target)
  expect(await readFile(target, 'utf8')).toBe('c')
  expect(await readdir(path.dirname(target))).toEqual(['trivy'])
})
