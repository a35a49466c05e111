import { describe, expect, test } from 'vitest'
import { memoryStore } from '../stores/index.ts'
import { parseBucketConfig, readBucketConfig, readImmutable } from './bucket-config.ts'
import { configKey } from './keys.ts'

async function configOf(text: string) {
  const store = memoryStore()
  await store.put('s3lo.yaml', new TextEncoder().encode(text))
  return await readBucketConfig(store)
}

const layered = `
default:
  immutable: true
  lifecycle: { keep_last: 10, max_age: 90d }
images:
  dev/*: { immutable: false }
  dev/app: { immutable: true }
  dev/app*: { immutable: false }
  team/**: { immutable: false }
  team/*/release: { immutable: true }
  only-lifecycle: { lifecycle: { keep_last: 1 } }
  1.0: { immutable: false }
  'quoted': { immutable: false }
policies: [{ name: scanned, check: scan }]
`

describe('the bucket configuration', () => {
  test.each([
    ['app', true],
    ['dev/x', false],
    ['dev/x/y', true],
    ['dev/app', true],
    ['dev/application', false],
    ['team/a/b', false],
    ['team/a/release', true],
    ['only-lifecycle', true],
    ['1.0', false],
    ['quoted', false],
  ])('applies the most specific entry to %s, key by key over the default', async (image, immutable) => {
    expect(await (await configOf(layered)).settingsOf(image)).toMatchObject({ immutable })
  })

  test.each([
    '',
    '# nothing\n',
    'default:\nimages:\n',
    'images: {}',
    'default: {}\r\nimages:\r\n  app:\r\n',
    '\ufeffdefault: { lifecycle: {} }',
  ])('%j says nothing, so tags may move', async text => {
    expect(await (await configOf(text)).settingsOf('app')).toMatchObject({ immutable: false })
  })

  test('that is absent says nothing', async () => {
    expect(await (await readBucketConfig(memoryStore())).settingsOf('app')).toMatchObject({ immutable: false })
  })

  test.each(['true', 'yes', 'on', 'True'])('takes %s for true', async word => {
    expect(await (await configOf(`default:\n  immutable: ${word}\n`)).settingsOf('app')).toMatchObject({
      immutable: true,
    })
  })

  test('may use anchors', async () => {
    const config = await configOf(
      'default: &frozen { immutable: true }\nimages:\n  app: { immutable: false }\n  lib: *frozen\n',
    )
    expect(await config.settingsOf('lib')).toMatchObject({ immutable: true })
    expect(await config.settingsOf('app')).toMatchObject({ immutable: false })
  })

  test.each([
    ['default: [1]', 1, 'default is not a mapping'],
    ['# a\n\nimages:\n  app: yes', 4, '"app" is not a mapping'],
    ['default:\n  immutable: "true"', 2, 'immutable of default is neither true nor false'],
    ['images:\n  a/*:\n    immutable: maybe', 3, 'immutable of "a/*" is neither true nor false'],
    ['default: &d\n  immutable: true\nimages:\n  app:\n    <<: *d', 5, '"<<" in "app" is not read'],
    ['- a\n- b', 1, 'the document is not a mapping'],
    ['default: {\n  immutable: true', 2, ''],
    ['default:\n\t- x', 2, ''],
  ])('%j is refused with its line', async (text, line, why) => {
    await expect(configOf(text)).rejects.toMatchObject({
      code: 'bad-layout',
      subject: 's3lo.yaml',
      message: expect.stringMatching(
        new RegExp(`^line ${line} of the bucket's configuration cannot be used: .*${why.replaceAll('*', '\\*')}`),
      ),
    })
  })
})

test('who only asks whether tags may move is not stopped by another mistake', async () => {
  const store = memoryStore()
  const write = (text: string) => store.put('s3lo.yaml', new TextEncoder().encode(text))
  expect(await readImmutable(store, 'app')).toBe(false)
  await write('default: { immutable: true, lifecycle: { max_age: soon } }\nimages: { dev/*: { immutable: false } }')
  expect(await readImmutable(store, 'app')).toBe(true)
  expect(await readImmutable(store, 'dev/app')).toBe(false)
  await expect(readBucketConfig(store)).rejects.toThrow('max_age of default is no age')
  await write('default: { immutable: maybe }')
  await expect(readImmutable(store, 'app')).rejects.toThrow('immutable of default is neither true nor false')
})

test('keys within keys are refused, and not written out', async () => {
  const keys = Buffer.from(`images:\n  ${'? '.repeat(100)}`)
  await expect(parseBucketConfig(keys, configKey)).rejects.toMatchObject({ code: 'bad-layout' })
})

test('a nesting of thousands is an error of the file', async () => {
  await expect(parseBucketConfig(Buffer.from('['.repeat(20_000)), configKey)).rejects.toMatchObject({
    code: 'bad-layout',
  })
})
