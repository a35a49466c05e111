import { describe, expect, test } from 'vitest'
import { annotated, change, storeOf, textIn } from '../../test/config/config-in-store.ts'

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
