import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBucketConfig } from './bucket-config.ts'

function configOf(text: string) {
  return parseBucketConfig(new TextEncoder().encode(text), 'rules.yaml')
}

// the example of s3lo's page of its layout, and our own key
const example = `
default:
  immutable: false
  lifecycle:
    keep_last: 10
    max_age: 90d
    keep_tags: []
images:
  myapp:
    immutable: true
    lifecycle:
      keep_last: 5
      keep_tags:
        - stable
        - latest
        - v1.*
    keep_history: 0
  dev/*:
    lifecycle:
      max_age: 7d
      keep_last: 3
chunk_format: 1
`

describe('the settings of an image', () => {
  test('are those of its entry, and of the default where it says nothing', async () => {
    const settings = await (await configOf(example)).settingsOf('myapp')
    expect(settings).toEqual({
      immutable: true,
      keepLast: 5,
      maxAge: '90d',
      maxAgeSeconds: 7_776_000,
      keepTags: ['stable', 'latest', 'v1.*'],
      keepHistory: 0,
      sources: {
        immutable: { from: 'image', entry: 'myapp' },
        keepLast: { from: 'image', entry: 'myapp' },
        maxAge: { from: 'default' },
        keepTags: { from: 'image', entry: 'myapp' },
        keepHistory: { from: 'image', entry: 'myapp' },
      },
      isKept: expect.any(Function),
    })
    expect(['stable', 'v1.2', 'v1', 'stable2', 'dev'].filter(settings.isKept)).toEqual(['stable', 'v1.2'])
  })

  test('are those of the glob, which does not cross a slash', async () => {
    const config = await configOf(example)
    expect(await config.settingsOf('dev/x')).toMatchObject({ keepLast: 3, maxAge: '7d', keepTags: [], keepHistory: 5 })
    expect((await config.settingsOf('dev/x')).sources).toEqual({
      immutable: { from: 'default' },
      keepLast: { from: 'image', entry: 'dev/*' },
      maxAge: { from: 'image', entry: 'dev/*' },
      keepHistory: { from: 'built in' },
    })
    expect(await config.settingsOf('dev/x/y')).toMatchObject({ keepLast: 10, maxAge: '90d' })
  })

  test('are built in where nothing is set', async () => {
    expect(await (await configOf('')).settingsOf('app')).toEqual({
      immutable: false,
      keepTags: [],
      keepHistory: 5,
      sources: { immutable: { from: 'built in' }, keepHistory: { from: 'built in' } },
      isKept: expect.any(Function),
    })
  })

  test('take 0, [] and nothing for what is not said', async () => {
    const config = await configOf(
      'default: { lifecycle: { keep_last: 2, max_age: 1h, keep_tags: [a] } }\n' +
        'images: { app: { immutable: , lifecycle: { keep_last: 0, max_age: 0s, keep_tags: [] }, keep_history: ~ } }\n',
    )
    expect(config.images.get('app')).toEqual({})
    expect(await config.settingsOf('app')).toMatchObject({ keepLast: 2, maxAgeSeconds: 3600, keepTags: ['a'] })
  })

  test.each([
    ['7d', 604_800],
    ['007d', 604_800],
    ['168h', 604_800],
    ['1h30m', 5_400],
    ['"90s"', 90],
    ['1.5h', 5_400],
  ])('have the age %s', async (text, seconds) => {
    const config = await configOf(`default: { lifecycle: { max_age: ${text} } }`)
    expect((await config.settingsOf('app')).maxAgeSeconds).toBe(seconds)
  })

  test('name an entry literally that looks like a glob, and prefer it', async () => {
    const config = await configOf('images: { "a[1]": { keep_history: 1 }, "a?1?**********": { keep_history: 2 } }')
    expect(await config.settingsOf('a[1]')).toMatchObject({ keepHistory: 1 })
  })

  test('do not depend on the order of the file', async () => {
    for (const names of [
      ['x?', '?x'],
      ['?x', 'x?'],
    ]) {
      const config = await configOf(`images: { ${names.map(name => `"${name}": { immutable: true }`).join(', ')} }`)
      expect((await config.settingsOf('xx')).sources.immutable).toEqual({ from: 'image', entry: '?x' })
    }
  })
})

test.each([
  ['default:\n  lifecycle: 5', 2, 'lifecycle of default is not a mapping'],
  ['default:\n  lifecycle:\n    keep_last: -1', 3, 'lifecycle.keep_last of default is no whole number of at least 0'],
  ['default:\n  lifecycle:\n    keep_last: "3"', 3, 'lifecycle.keep_last of default is no whole number'],
  ['images:\n  a:\n    lifecycle:\n      max_age: 1w', 4, 'lifecycle.max_age of "a" is no age like 7d, 168h or 1h30m'],
  ['images:\n  a:\n    lifecycle: { max_age: 1d12h }', 3, 'lifecycle.max_age of "a" is no age'],
  ['default:\n  lifecycle:\n    keep_tags: latest', 3, 'lifecycle.keep_tags of default is no list of tags'],
  ['default:\n  lifecycle:\n    keep_tags: [a, [b]]', 3, 'lifecycle.keep_tags of default is no list of tags'],
  ['default:\n  keep_history: 1.5', 2, 'keep_history of default is no whole number'],
  ['\nchunked: 7', 2, 'chunked is neither true nor false'],
  ['default:\n  a: 1\n  a: 2', 3, '"a" is in default twice'],
  ['images: { a: {} }\nx: 1\nimages: { b: {} }', 3, '"images" is in the document twice'],
])('%j is refused with its line', async (text, line, why) => {
  await expect(configOf(text)).rejects.toMatchObject({
    code: 'bad-layout',
    subject: 'rules.yaml',
    message: expect.stringContaining(`line ${line} of the bucket's configuration cannot be used: ${why}`),
    hint: 'correct rules.yaml',
  })
})

test('what is not UTF-8 is refused with its line', async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('default: {}\n# '), 0xff, 0x0a])
  await expect(parseBucketConfig(bytes, 's3lo.yaml')).rejects.toThrow(
    "line 2 of the bucket's configuration cannot be used: it is not UTF-8",
  )
})

describe('any configuration', () => {
  const component = fc.constantFrom('a', 'b', 'ab', 'x.y')
  const image = fc.array(component, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
  const glob = fc
    .array(fc.constantFrom('a', 'b', '*', 'a*', '?', '*b'), { minLength: 1, maxLength: 3 })
    .map(parts => parts.join('/'))
  const entry = fc.record(
    {
      immutable: fc.boolean(),
      keep_history: fc.nat({ max: 9 }),
      lifecycle: fc.record(
        {
          keep_last: fc.integer({ min: 1, max: 9 }),
          max_age: fc.constantFrom('7d', '1h'),
          keep_tags: fc.array(component, { minLength: 1 }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never
  const images = fc.dictionary(fc.oneof(image, glob), entry, { maxKeys: 6 })

  /** The rule as a person would follow it, without a library for globs. */
  function expectedOf(byDefault: Entry, all: Record<string, Entry>, name: string) {
    const matches = (pattern: string) => {
      const source = pattern.replace(/[.*?]/g, sign => ({ '.': '\\.', '*': '[^/]*', '?': '[^/]' })[sign] ?? '')
      return new RegExp(`^${source}$`).test(name)
    }
    const candidates = Object.keys(all).filter(pattern => /[*?]/.test(pattern) && matches(pattern))
    const longest = Math.max(...candidates.map(({ length }) => length))
    const winner = name in all ? name : candidates.filter(({ length }) => length === longest).sort()[0]
    const own = winner === undefined ? {} : all[winner]
    return {
      immutable: own?.immutable ?? byDefault.immutable ?? false,
      keepHistory: own?.keep_history ?? byDefault.keep_history ?? 5,
      keepLast: own?.lifecycle?.keep_last ?? byDefault.lifecycle?.keep_last,
      maxAge: own?.lifecycle?.max_age ?? byDefault.lifecycle?.max_age,
      keepTags: own?.lifecycle?.keep_tags ?? byDefault.lifecycle?.keep_tags ?? [],
    }
  }

  test('means for an image what the rule says', async () => {
    await fc.assert(
      fc.asyncProperty(entry, images, fc.array(image, { minLength: 1 }), async (byDefault, all, names) => {
        // JSON is YAML
        const config = await configOf(JSON.stringify({ default: byDefault, images: all }))
        for (const name of names) {
          const { immutable, keepHistory, keepLast, maxAge, keepTags } = await config.settingsOf(name)
          expect({ immutable, keepHistory, keepLast, maxAge, keepTags }).toEqual(expectedOf(byDefault, all, name))
        }
      }),
    )
  })
})
