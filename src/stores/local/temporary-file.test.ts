import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { adoptAbandoned, leaveTemporary, sweepTemporary, temporaryName } from './temporary-file.ts'

const content = 'sha256-1'
const isRoot = process.geteuid?.() === 0
const longAgo = Date.now() / 1000 - 25 * 60 * 60

const newFolder = () => mkdtempSync(path.join(temporaryFolder(), 'left-'))

/** A file that a process has left for whoever goes on with `content`. */
async function leftIn(folder: string): Promise<string> {
  const file = path.join(folder, await temporaryName(content))
  writeFileSync(file, 'beginning')
  await leaveTemporary(file)
  const [left = ''] = readdirSync(folder)
  return path.join(folder, left)
}

describe('what a process has left', () => {
  test('is adopted once', async () => {
    const folder = newFolder()
    await leftIn(folder)
    const adopted = await Promise.all(Array.from({ length: 5 }, () => adoptAbandoned(folder, content)))
    const [only = '', ...others] = adopted.filter(file => file !== undefined)
    expect(others).toEqual([])
    expect(readFileSync(only, 'utf8')).toBe('beginning')
  })

  test('for longer than a day and is adopted is not swept away under who writes it', async () => {
    const folder = newFolder()
    utimesSync(await leftIn(folder), longAgo, longAgo)
    const adopted = (await adoptAbandoned(folder, content)) ?? ''
    await sweepTemporary(folder)
    expect(existsSync(adopted)).toBe(true)
  })

  test('is adopted from a process whose id another has by now', async () => {
    const folder = newFolder()
    const [tag, pid, , ...rest] = (await temporaryName(content)).split('-')
    writeFileSync(path.join(folder, [tag, pid, '7', ...rest].join('-')), 'beginning')
    expect(await adoptAbandoned(folder, content)).toBeDefined()
  })

  test.skipIf(!isRoot)('is not adopted by another user', async () => {
    const folder = newFolder()
    chownSync(await leftIn(folder), 65_534, 65_534)
    expect(await adoptAbandoned(folder, content)).toBeUndefined()
  })

  test('and cannot be removed is in nobody’s way', async () => {
    const folder = newFolder()
    const old = (await temporaryName(content)).replace(/^[^-]*-/, '00000000-')
    mkdirSync(path.join(folder, old))
    utimesSync(path.join(folder, old), longAgo, longAgo)
    await sweepTemporary(folder)
    expect(readdirSync(folder)).toEqual([old])
  })
})
