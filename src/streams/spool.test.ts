import { mkdtempSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/services/temporary-folder.ts'
import { isLadingError } from '../errors/index.ts'
import { digestOf } from '../model/digest.ts'
import { createDraft } from './draft.ts'
import { readAll } from './read-all.ts'
import { spool } from './spool.ts'

const mib = 1024 * 1024
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(temporaryFolder(), 'spool-'))
  vi.stubEnv('TMPDIR', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
})

async function* chunksOf(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size)
}

function contentOf(size: number): Uint8Array {
  return new Uint8Array(size).map((_, at) => (at * 31 + (at >> 8)) & 255)
}

/** Files of the folder that this process has open, by name or without one, where the system tells. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(folder) ? [target] : []
    } catch {
      return []
    }
  })
}

describe.each([0, 5, 8 * mib, 8 * mib + 1, 20 * mib])('%i bytes', size => {
  const content = contentOf(size)

  test.each(['stream', 'draft'] as const)('of a %s are read as often as one likes, from anywhere', async kind => {
    const stream = chunksOf(content, 100_003)
    await using spooled = await spool(kind === 'stream' ? stream : createDraft(stream))
    expect([spooled.size, spooled.bytes.size, spooled.digest]).toEqual([size, size, digestOf(content)])
    for (const from of [0, size >> 1, size]) {
      const all = await readAll(spooled.bytes.open(from), size, 'it')
      expect(Buffer.compare(all, content.subarray(from))).toBe(0)
    }
  })
})

test('two readers at once do not disturb each other', async () => {
  const content = contentOf(9 * mib)
  await using spooled = await spool(chunksOf(content, mib))
  const read = () => readAll(spooled.bytes.open(), content.byteLength, 'it')
  for (const all of await Promise.all([read(), read()])) expect(Buffer.compare(all, content)).toBe(0)
})

test.skipIf(process.platform !== 'linux')('a file has no name while it is used, and is gone after', async () => {
  const before = openFiles()
  {
    await using _ = await spool(chunksOf(contentOf(9 * mib), mib))
    expect(readdirSync(folder)).toEqual([])
    expect(openFiles()).toHaveLength(before.length + 1)
  }
  expect(openFiles()).toEqual(before)
})

test('an error of the stream comes out unchanged and leaves nothing', async () => {
  const failure = new Error('planted')
  const failing = (after: number) =>
    (async function* () {
      yield contentOf(after)
      throw failure
    })()
  for (const after of [10, 9 * mib]) await expect(spool(failing(after))).rejects.toBe(failure)
  expect(readdirSync(folder)).toEqual([])
  expect(openFiles()).toEqual([])
})

test('where there is no folder for it, the stream is closed and the error names it', async () => {
  vi.stubEnv('TMPDIR', path.join(folder, 'absent'))
  let closed = false
  async function* source() {
    try {
      for (;;) yield contentOf(mib)
    } finally {
      closed = true
    }
  }
  await expect(spool(source())).rejects.toSatisfy(
    error => isLadingError(error, 'io') && error.side === 'local' && error.subject?.startsWith(folder) === true,
  )
  expect(closed).toBe(true)
})
