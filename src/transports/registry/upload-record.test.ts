import { mkdtempSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { UploadRecord } from './upload-record.ts'

const what = ['registry.example', 'app', 'sha256:1']
const session = { location: 'https://registry.example/v2/app/blobs/uploads/1?_state=secret', minChunkBytes: 0 }
const state = (offset: number) => `sha256:${offset}:AAAA`

function newFolder(): string {
  return path.join(mkdtempSync(path.join(temporaryFolder(), 'records-')), 'uploads')
}

/** The file of a process that has ended without a word, once `last` is in it. */
async function killedAfter(folder: string, last: string): Promise<string> {
  const name = await vi.waitFor(() => {
    const [only = '', ...others] = readdirSync(folder)
    expect(others).toEqual([])
    expect(readFileSync(path.join(folder, only), 'utf8')).toContain(last)
    return only
  })
  const dead = path.join(folder, name.replace(`-${process.pid}-`, '-4000000-'))
  renameSync(path.join(folder, name), dead)
  return dead
}

describe('a record', () => {
  test('is for the next process what it was for the one that was killed', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    expect(first.session).toBeUndefined()
    for (const offset of [8, 16, 24]) first.keep(session, state(offset))
    await killedAfter(folder, state(24))
    const second = await UploadRecord.take(folder, what)
    expect(second.session).toEqual(session)
    expect([7, 8, 20, 99].map(offset => second.stateBefore(offset))).toEqual([
      undefined,
      state(8),
      state(16),
      state(24),
    ])
    await second.remove()
    expect(readdirSync(folder)).toEqual([])
  })

  test('of a process that lives is its own', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    first.keep(session)
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1))
    expect((await UploadRecord.take(folder, what)).session).toBeUndefined()
    await first.leave()
    expect((await UploadRecord.take(folder, what)).session).toEqual(session)
  })

  test('is given to one process, and of another blob to none', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    first.keep(session)
    await killedAfter(folder, session.location)
    expect((await UploadRecord.take(folder, [...what, 'other'])).session).toBeUndefined()
    const taken = await Promise.all(Array.from({ length: 5 }, () => UploadRecord.take(folder, what)))
    expect(taken.filter(record => record.session !== undefined)).toHaveLength(1)
  })

  test('is for its user alone', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    first.keep(session)
    await first.leave()
    const [name = ''] = readdirSync(folder)
    expect([statSync(folder).mode & 0o777, statSync(path.join(folder, name)).mode & 0o777]).toEqual([0o700, 0o600])
  })

  test('keeps as many states as a registry may lag behind', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    for (let offset = 1; offset <= 20; offset++) first.keep(session, state(offset))
    await killedAfter(folder, state(20))
    const second = await UploadRecord.take(folder, what)
    expect([second.stateBefore(12), second.stateBefore(13), second.stateBefore(30)]).toEqual([
      undefined,
      state(13),
      state(20),
    ])
  })

  test.each([
    '',
    '{',
    'null',
    '{"session":{}}',
    '{"session":{"location":"no","minChunkBytes":0}}',
    'x'.repeat(100_000),
  ])('that is %.40j is none', async text => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    first.keep(session)
    writeFileSync(await killedAfter(folder, session.location), text)
    expect((await UploadRecord.take(folder, what)).session).toBeUndefined()
  })

  test('is gone after a day', async () => {
    const folder = newFolder()
    const first = await UploadRecord.take(folder, what)
    first.keep(session)
    const old = await killedAfter(folder, session.location)
    const yesterday = Date.now() / 1000 - 25 * 60 * 60
    utimesSync(old, yesterday, yesterday)
    expect((await UploadRecord.take(folder, what)).session).toBeUndefined()
    expect(readdirSync(folder)).not.toContain(path.basename(old))
  })

  test('that cannot be kept is no failure', async () => {
    const folder = newFolder()
    writeFileSync(folder, 'in the way')
    const record = await UploadRecord.take(path.join(folder, 'below'), what)
    record.keep(session)
    await record.leave()
    await record.remove()
  })
})
