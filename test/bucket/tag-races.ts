import { expect, test } from 'vitest'
import type { CopyOptions } from '../../src/copy/copy-options.ts'
import { isLadingError } from '../../src/errors/index.ts'
import { blobKey, deleteTag, readHistory, readTag, tagKeys } from '../../src/layout/index.ts'
import type { Digest } from '../../src/model/digest.ts'
import { childrenOf, parseManifest } from '../../src/model/manifest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { imageOf, pushBuilt } from './push-built.ts'

const racers = 20

/** What must hold of one tag that many push to at once, on every store. */
export function tagRaces(open: () => Promise<ObjectStore>): void {
  const texts = Array.from({ length: racers }, (_, at) => `pushed by ${at}`)
  const digests = texts.map(text => imageOf(text).root.digest)
  const raceFor = (store: ObjectStore, options: CopyOptions = {}, racing = texts.slice(0, 8)) =>
    Promise.allSettled(racing.map(text => pushBuilt(store, 'team/app:v1', imageOf(text), options)))

  test('a mutable tag takes everybody in turn; no entry is lost, and the last one is the newest', async () => {
    await using store = await open()
    const outcomes = await raceFor(store, {}, texts)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
    const history = await readHistory(store, tagKeys('team/app', 'v1').history)
    expect(history.map(({ digest }) => digest).sort()).toEqual(digests.toSorted())
    expect(await wholeTag(store, 'team/app', 'v1')).toBe(history[0]?.digest)
  })

  test.each([
    ['absent', 'tag-exists'],
    ['a digest', 'precondition-failed'],
  ])('of those that expect %s one wins; the others are told its digest and time', async (expected, code) => {
    await using store = await open()
    const base = imageOf('the base')
    if (expected !== 'absent') await pushBuilt(store, 'team/app:v1', base)
    await assertOneWinner(
      store,
      await raceFor(store, { expect: expected === 'absent' ? expected : base.root.digest }),
      code,
    )
  })

  test('an immutable tag is made once, whoever races for it', async () => {
    await using store = await open()
    await store.put('s3lo.yaml', new TextEncoder().encode('default: {immutable: true}'))
    await assertOneWinner(store, await raceFor(store), 'tag-exists')
  })

  test('the same image pushed by all is written once', async () => {
    await using store = await open()
    const pushes = texts.slice(0, 8).map(() => pushBuilt(store, 'team/app:v1', imageOf('the same')))
    expect((await Promise.all(pushes)).filter(({ changed }) => changed)).toHaveLength(1)
    const { history } = tagKeys('team/app', 'v1')
    expect(await readHistory(store, history)).toHaveLength(1)
    const before = await store.head(history)
    expect(await pushBuilt(store, 'team/app:v1', imageOf('the same'))).toMatchObject({ changed: false })
    expect(await store.head(history)).toEqual(before)
  })

  test('tags that are deleted meanwhile take nothing of any other with them', async () => {
    await using store = await open()
    const some = texts.slice(0, 6)
    for (const [at, text] of some.entries()) await pushBuilt(store, `team/app:old${at}`, imageOf(text))
    await Promise.all([
      ...some.map((_, at) =>
        deleteTag(store, { image: 'team/app', tag: `old${at}`, immutable: false, keepTrash: true }),
      ),
      ...some.map((text, at) => pushBuilt(store, `team/app:new${at}`, imageOf(text))),
      ...some.map((text, at) => pushBuilt(store, `team/app/old${at}:v1`, imageOf(text))),
    ])
    for (const [at, text] of some.entries()) {
      expect(await readTag(store, 'team/app', `old${at}`)).toBeUndefined()
      for (const [image, tag] of [
        ['team/app', `new${at}`],
        [`team/app/old${at}`, 'v1'],
      ] as const) {
        expect(await wholeTag(store, image, tag)).toBe(imageOf(text).root.digest)
        expect(await readHistory(store, tagKeys(image, tag).history)).toHaveLength(1)
      }
    }
  })
}

async function assertOneWinner(
  store: ObjectStore,
  outcomes: readonly PromiseSettledResult<{ digest: Digest }>[],
  code: string,
): Promise<void> {
  const winners = outcomes.flatMap(one => (one.status === 'fulfilled' ? [one.value.digest] : []))
  expect(winners).toHaveLength(1)
  const [winner] = winners
  const history = await readHistory(store, tagKeys('team/app', 'v1').history)
  expect(history.filter(({ digest }) => digest === winner)).toHaveLength(1)
  expect(await wholeTag(store, 'team/app', 'v1')).toBe(winner)
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue
    const error: unknown = outcome.reason
    if (!isLadingError(error)) throw error
    expect([error.code, error.exitCode]).toEqual([code, 1])
    expect(error.message).toContain(`holds ${winner}, pushed ${history[0]?.pushed_at}`)
  }
}

/** Its digest, once everything that it names was found. */
async function wholeTag(store: ObjectStore, image: string, tag: string): Promise<Digest | undefined> {
  const record = await readTag(store, image, tag)
  if (record === undefined) return undefined
  for (const { digest, size } of childrenOf(parseManifest(record.bytes))) {
    expect((await store.head(blobKey(digest)))?.size).toBe(size)
  }
  return record.digest
}
