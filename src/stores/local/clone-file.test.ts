import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { cloneFile } from './clone-file.ts'

vi.mock('node:fs/promises', async original => ({ ...(await original<object>()), copyFile: vi.fn() }))

async function cloneWith(code: string): Promise<boolean> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'clone-'))
  await writeFile(path.join(folder, 'a'), 'content')
  vi.mocked(copyFile).mockRejectedValueOnce(Object.assign(new Error(code), { code }))
  const to = path.join(folder, 'b')
  try {
    return await cloneFile(path.join(folder, 'a'), to)
  } finally {
    expect(existsSync(to)).toBe(false)
  }
}

test.each(['EAGAIN', 'EXDEV', 'ENOTTY'])('where the system says %s the bytes are left to be copied', async code => {
  expect(await cloneWith(code)).toBe(false)
})

test.each(['ENOSPC', 'EIO'])('what %s says is an error', async code => {
  await expect(cloneWith(code)).rejects.toMatchObject({ code })
})
