import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { annotated, change, storeOf, textIn } from '../../test/config/config-in-store.ts'
import { memoryStore, type ObjectStore, openStore } from '../stores/index.ts'
import { readBucketConfig } from './bucket-config.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-config-'))
afterAll(() => rm(directory, { recursive: true }))

describe('nothing is written', () => {
  test.each<[string | undefined, string | undefined, string[]]>([
    [annotated, undefined, ['lifecycle.keep_last=10', 'lifecycle.max_age=90d']],
    [annotated, 'dev/*', ['lifecycle.keep_tags=latest,stable', 'immutable=']],
    [annotated, 'other', ['lifecycle=']],
    [undefined, undefined, ['immutable=']],
    [undefined, 'app', ['lifecycle.keep_last=0', 'lifecycle.max_age=0']],
  ])('where %# changes nothing', async (text, entry, words) => {
    const inner = await storeOf(text)
    const store = { ...inner, get: inner.get.bind(inner), put: () => Promise.reject(new Error('written')) }
    expect((await change(store as unknown as ObjectStore, entry, ...words)).changed).toBe(false)
  })

  test.each([
    ['default: [1]\n', 'bad-layout', "line 1 of the bucket's configuration cannot be used: default is not a mapping"],
    ['default: {immutable: true', 'bad-layout', "line 1 of the bucket's configuration"],
    ['default:\n  lifecycle: {max_age: 7 days}\n', 'bad-layout', "line 2 of the bucket's configuration"],
    ['default: &all {keep_history: 1}\nimages:\n  app: *all\n', 'unsupported', 'immutable cannot be changed'],
    [
      '---\ndefault: {}\n...\n# x\n---\nb: 1\n',
      'bad-layout',
      "line 5 of the bucket's configuration cannot be used: it holds more than one document",
    ],
  ])('over %j', async (text, code, message) => {
    const store = await storeOf(text)
    await expect(change(store, 'app', 'immutable=true')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      subject: 's3lo.yaml',
    })
    expect(await textIn(store)).toBe(text)
  })
})

test('what is shared is not changed for two', async () => {
  const text = 'default: &all {keep_history: 1}\nimages:\n  app: *all\n'
  const store = await storeOf(text)
  await expect(change(store, undefined, 'keep_history=2')).rejects.toMatchObject({ code: 'unsupported' })
  await change(store, 'lib', 'keep_history=2')
  expect(await textIn(store)).toBe(`${text}  lib:\n    keep_history: 2\n`)
})

describe('of twenty changes at once none is lost', () => {
  test.each(['memory', 'local'])('in a %s store', async kind => {
    const store =
      kind === 'memory' ? memoryStore() : await openStore({ scheme: 'local', root: join(directory, 'twenty') })
    await store.put('s3lo.yaml', new TextEncoder().encode('# ours\npolicies: []\n'))
    const names = Array.from({ length: 20 }, (_, at) => `app-${at}`)
    await Promise.all(names.map((name, at) => change(store, name, `keep_history=${at}`)))
    const config = await readBucketConfig(store)
    expect([...config.images.keys()].toSorted()).toEqual(names.toSorted())
    for (const [at, name] of names.entries()) {
      expect(await config.settingsOf(name)).toMatchObject({ keepHistory: at })
    }
    expect(await textIn(store)).toMatch(/^# ours\npolicies: \[\]\nimages:\n/)
    await Promise.all(names.map(name => change(store, name, 'keep_history=')))
    expect(await textIn(store)).toBe('# ours\npolicies: []\n')
  })
})

describe('any changes of any configuration', () => {
  const entry = fc.constantFrom(undefined, 'app', 'dev/*', '*/x', '1.0', 'yes', '{a,b}/c', '[x]', "it's")
  const word = fc.oneof(
    fc.constantFrom(
      'lifecycle=',
      'immutable=',
      'keep_history=',
      'lifecycle.keep_last=',
      'lifecycle.max_age=',
      'lifecycle.keep_tags=',
    ),
    fc.boolean().map(value => `immutable=${value}`),
    fc.nat({ max: 30 }).map(count => `keep_history=${count}`),
    fc.integer({ min: 1, max: 30 }).map(count => `lifecycle.keep_last=${count}`),
    fc.constantFrom('7d', '168h', '1h30m').map(age => `lifecycle.max_age=${age}`),
    fc
      .uniqueArray(fc.constantFrom('latest', '1.0', 'v*', 'on', '{a,b}', '*'), { minLength: 1 })
      .map(tags => `lifecycle.keep_tags=${tags}`),
  )
  const steps = fc.array(fc.tuple(entry, word), { maxLength: 12 })
  const start = fc.constantFrom(
    undefined,
    annotated,
    annotated.replaceAll('\n', '\r\n'),
    'images: {app: {lifecycle: {max_age: 7d}, note: 1}}',
  )

  test('are read as they were given, and leave the comments and what is not known', async () => {
    await fc.assert(
      fc.asyncProperty(start, steps, async (text, taken) => {
        const store = await storeOf(text)
        const first = await readBucketConfig(store)
        const expected = new Map<string, Map<string, string>>()
        const known = (name: string | undefined) => {
          const key = name ?? ''
          const found =
            expected.get(key) ?? shown((name === undefined ? first.byDefault : first.images.get(name)) ?? {})
          expected.set(key, found)
          return found
        }
        for (const [name, one] of taken) {
          await change(store, name, one)
          const [key = '', value = ''] = one.split('=')
          const settings = known(name)
          if (key === 'lifecycle')
            for (const old of settings.keys()) if (old.startsWith('lifecycle.')) settings.delete(old)
          if (value === '') settings.delete(key)
          else settings.set(key, value)
        }
        const config = await readBucketConfig(store)
        for (const [name, settings] of expected) {
          const found = name === '' ? config.byDefault : config.images.get(name)
          expect(shown(found ?? {})).toEqual(settings)
          if (settings.size === 0 && name !== '' && name !== 'app') expect(config.images.has(name)).toBe(false)
        }
        const after = (await textIn(store)) ?? ''
        for (const kept of [
          '# of the platform team',
          "owner: {name: 'team',   mail: x@example.com}   # ours",
          'policies:',
          'note: 1',
        ]) {
          expect(after.includes(kept)).toBe(text?.includes(kept) ?? false)
        }
      }),
    )
  })

  function shown(settings: Awaited<ReturnType<typeof readBucketConfig>>['byDefault']): Map<string, string> {
    const { immutable, keepLast, maxAge, keepTags, keepHistory } = settings
    const all: [string, string | undefined][] = [
      ['immutable', immutable?.toString()],
      ['lifecycle.keep_last', keepLast?.toString()],
      ['lifecycle.max_age', maxAge?.text],
      ['lifecycle.keep_tags', keepTags?.join(',')],
      ['keep_history', keepHistory?.toString()],
    ]
    return new Map(all.filter((one): one is [string, string] => one[1] !== undefined))
  }
})
