import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore, type ObjectStore, openStore } from '../stores/index.ts'
import { readAll } from '../streams/index.ts'
import { readBucketConfig } from './bucket-config.ts'
import { changeBucketConfig } from './change-bucket-config.ts'
import { parseConfigChange } from './parse-config-change.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-config-'))
afterAll(() => rm(directory, { recursive: true }))

async function storeOf(text: string | undefined): Promise<ObjectStore> {
  const store = memoryStore()
  if (text !== undefined) await store.put('s3lo.yaml', new TextEncoder().encode(text))
  return store
}

async function textIn(store: ObjectStore): Promise<string | undefined> {
  if ((await store.head('s3lo.yaml')) === undefined) return undefined
  const { body } = await store.get('s3lo.yaml')
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readAll(body, 1e6, 's3lo.yaml'))
}

function change(store: ObjectStore, entry: string | undefined, ...words: string[]) {
  const changes = words.map(word => {
    const [key = '', value = ''] = word.split('=')
    return parseConfigChange(key, value, entry === undefined ? 'bucket' : 'image')
  })
  return changeBucketConfig(store, entry, changes)
}

const annotated = `# of the platform team
default:   # for all
  lifecycle:
    keep_last: 10      # ten

    # not too long
    max_age: "90d"
  owner: {name: 'team',   mail: x@example.com}   # ours

images:
    dev/*:   # short-lived
        lifecycle: {max_age: 7d, keep_tags: [latest,  stable]} # quick
    myapp:
        immutable: yes
        lifecycle:
            keep_tags:
                - stable  # s
                - latest  # l
            # the end of myapp
policies:
- name: scanned
  check: scan
# the end
`

describe('a change leaves all that it does not touch as it is:', () => {
  test.each<[title: string, entry: string | undefined, words: string[], from: string, to: string]>([
    ['a number', undefined, ['lifecycle.keep_last=3'], 'keep_last: 10 ', 'keep_last: 3 '],
    ['a quoted text', undefined, ['lifecycle.max_age=168h'], '"90d"', '168h'],
    ['a word of YAML 1.1', 'myapp', ['immutable=false'], 'immutable: yes', 'immutable: false'],
    ['a key more', undefined, ['keep_history=3'], '# ours\n', '# ours\n  keep_history: 3\n'],
    [
      'a key more in a block',
      undefined,
      ['lifecycle.keep_tags=stable,v1.*'],
      '"90d"\n',
      '"90d"\n    keep_tags: [stable, v1.*]\n',
    ],
    ['a key fewer', undefined, ['lifecycle.max_age='], '    max_age: "90d"\n', ''],
    [
      'a block fewer',
      undefined,
      ['lifecycle='],
      '  lifecycle:\n    keep_last: 10      # ten\n\n    # not too long\n    max_age: "90d"\n',
      '',
    ],
    [
      'a list',
      'myapp',
      ['lifecycle.keep_tags=a,b'],
      ':\n                - stable  # s\n                - latest  # l\n',
      ': [a, b]\n',
    ],
    ['a key of a flow mapping', 'dev/*', ['lifecycle.max_age=1h30m'], 'max_age: 7d', 'max_age: 1h30m'],
    [
      'a list in a flow mapping',
      'dev/*',
      ['lifecycle.keep_tags=1.0'],
      '{max_age: 7d, keep_tags: [latest,  stable]}',
      '{max_age: 7d, keep_tags: ["1.0"]}',
    ],
    [
      'a key fewer of a flow mapping',
      'dev/*',
      ['lifecycle.max_age='],
      '{max_age: 7d, keep_tags: [latest,  stable]}',
      '{keep_tags: [latest,  stable]}',
    ],
    [
      'a key more beside a flow mapping',
      'dev/*',
      ['immutable=true'],
      '# quick\n',
      '# quick\n        immutable: true\n',
    ],
    [
      'an image with its last setting',
      'dev/*',
      ['lifecycle.max_age=', 'lifecycle.keep_tags='],
      '    dev/*:   # short-lived\n        lifecycle: {max_age: 7d, keep_tags: [latest,  stable]} # quick\n',
      '',
    ],
    [
      'an image more',
      '*/x',
      ['lifecycle.keep_last=1', 'immutable=true'],
      '            # the end of myapp\n',
      '    "*/x":\n        lifecycle:\n            keep_last: 1\n        immutable: true\n            # the end of myapp\n',
    ],
    [
      'a setting of the whole bucket',
      undefined,
      ['chunked=false'],
      '  check: scan\n',
      '  check: scan\nchunked: false\n',
    ],
  ])('%s', async (_, entry, words, from, to) => {
    expect(annotated.split(from)).toHaveLength(2)
    for (const newline of ['\n', '\r\n']) {
      const text = (one: string) => one.replaceAll('\n', newline)
      const store = await storeOf(text(annotated))
      expect((await change(store, entry, ...words)).changed).toBe(true)
      expect(await textIn(store)).toBe(text(annotated.replace(from, () => to)))
    }
  })

  test.each<[before: string | undefined, entry: string | undefined, words: string[], after: string]>([
    [
      undefined,
      undefined,
      ['lifecycle.keep_last=10', 'immutable=true'],
      'default:\n  lifecycle:\n    keep_last: 10\n  immutable: true\n',
    ],
    ['', 'myapp', ['keep_history=0'], 'images:\n  myapp:\n    keep_history: 0\n'],
    ['# only words', undefined, ['immutable=true'], '# only words\ndefault:\n  immutable: true\n'],
    ['default:\nimages:\n', 'a', ['immutable=true'], 'default:\nimages:\n  a:\n    immutable: true\n'],
    [
      'default: # x\n\nimages: {} # y\n',
      'a',
      ['immutable=true'],
      'default: # x\n\nimages: # y\n  a:\n    immutable: true\n',
    ],
    ['default: ~', undefined, ['immutable=true'], 'default:\n  immutable: true\n'],
    ['{default: {immutable: true}}', undefined, ['keep_history=1'], '{default: {immutable: true, keep_history: 1}}'],
    ['default: {}', undefined, ['lifecycle.keep_last=1'], 'default:\n  lifecycle:\n    keep_last: 1\n'],
    ['images:\n  a: { immutable: true }\n  b: {x: 1}\n', 'a', ['immutable='], 'images:\n  b: {x: 1}\n'],
    ['images: {a: {immutable: true}}\nx: 1\n', 'a', ['immutable='], 'x: 1\n'],
    ['default:\n  immutable: true', undefined, ['immutable='], ''],
    [
      '\ufeffdefault:\n  immutable: true\n',
      undefined,
      ['keep_history=2'],
      '\ufeffdefault:\n  immutable: true\n  keep_history: 2\n',
    ],
    [
      'default:\n  lifecycle:\n    keep_last: 9\n    max_age: 1h\n',
      undefined,
      ['lifecycle.keep_last=1', 'lifecycle='],
      'default:\n  lifecycle:\n    keep_last: 1\n',
    ],
    [
      'default: {immutable: true} # c',
      'a',
      ['keep_history=2'],
      'default: {immutable: true} # c\nimages:\n  a:\n    keep_history: 2\n',
    ],
    [
      'default:\n  note: |\n    text\n\n  immutable: true\n',
      undefined,
      ['immutable='],
      'default:\n  note: |\n    text\n\n',
    ],
    [
      'default:\n  note: |\n    text\n',
      undefined,
      ['immutable=true'],
      'default:\n  note: |\n    text\n  immutable: true\n',
    ],
    ['---\ndefault:\n  immutable: true\n', undefined, ['immutable=false'], '---\ndefault:\n  immutable: false\n'],
  ])('%j, %j, %j gives %j', async (before, entry, words, after) => {
    const store = await storeOf(before)
    await change(store, entry, ...words)
    expect(await textIn(store)).toBe(after)
  })
})

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
    ['---\ndefault: {}\n...\n# x\n---\nb: 1\n', 'bad-layout', "line 5 of the bucket's configuration"],
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
