import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { maxManifestBytes } from './manifest.ts'
import { parseSchema1 } from './schema1.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const id = (letter: string) => letter.repeat(64)
const blobSum = (name: string) => digestOf(encode(name))
interface Step {
  readonly id: string
  readonly parent?: string | null
  readonly [field: string]: unknown
}
/** The newest first, as the document has them. */
const document = (steps: readonly Step[], more: object = {}) => ({
  schemaVersion: 1,
  name: 'org/app',
  tag: 'v1',
  architecture: 'amd64',
  fsLayers: steps.map((_, position) => ({ blobSum: blobSum(`${position}`) })),
  history: steps.map(step => ({ v1Compatibility: JSON.stringify(step) })),
  ...more,
})
const base: Step = { id: id('a'), created: '2020-01-01T00:00:00.10Z', container_config: { Cmd: ['sh', '-c', 'x'] } }
const top: Step = { id: id('b'), parent: id('a'), throwaway: true, author: 'me', comment: 'c' }
const parse = (value: unknown) => parseSchema1(encode(value))

test('reads the steps, the oldest first', () => {
  expect(parse(document([top, base]))).toEqual({
    name: 'org/app',
    tag: 'v1',
    architecture: 'amd64',
    history: [
      {
        blobSum: blobSum('1'),
        v1Compatibility: JSON.stringify(base),
        id: id('a'),
        parent: '',
        created: '2020-01-01T00:00:00.1Z',
        createdBy: 'sh -c x',
        author: '',
        comment: '',
        throwaway: false,
      },
      {
        blobSum: blobSum('0'),
        v1Compatibility: JSON.stringify(top),
        id: id('b'),
        parent: id('a'),
        created: '0001-01-01T00:00:00Z',
        createdBy: '',
        author: 'me',
        comment: 'c',
        throwaway: true,
      },
    ],
  })
})

test('of entries of one ID that follow each other the oldest stays', () => {
  const { history } = parse(document([top, { ...base, comment: 'again' }, base]))
  expect(history.map(entry => [entry.id, entry.blobSum])).toEqual([
    [id('a'), blobSum('2')],
    [id('b'), blobSum('0')],
  ])
})

test.each<[string, unknown, string]>([
  ['another version', document([base], { schemaVersion: 2 }), 'schemaVersion is not 1'],
  ['no layers', document([]), 'has no layers'],
  ['a layer without an entry', document([base], { history: [] }), '1 fsLayers and 0 entries'],
  [
    'a layer of no digest',
    document([base], { fsLayers: [{ blobSum: 'sha256:x' }] }),
    'fsLayers.0.blobSum is not a digest',
  ],
  ['a shape of two formats', document([base], { layers: [] }), 'names layers too'],
  [
    'an entry that is no JSON',
    document([base], { history: [{ v1Compatibility: '{' }] }),
    'history.0.v1Compatibility is not JSON',
  ],
  ['an ID that is none', document([{ id: 'x' }]), 'history.0.v1Compatibility.id is not 64'],
  ['a time that is none', document([{ ...base, created: 'now' }]), 'history.0.v1Compatibility.created is not a time'],
  [
    'a step whose parent is not before it',
    document([{ ...top, parent: id('c') }, base]),
    `names the parent ${id('c')}`,
  ],
  ['a first step that has a parent', document([top]), 'but nothing is before it'],
  ['one ID at two places', document([{ ...base, parent: id('b') }, top, base]), 'two entries'],
  ['a list', [], 'should be'],
])('refuses %s', (_, value, message) => {
  expect(() => parse(value)).toThrow(
    expect.objectContaining({ code: 'bad-manifest', message: expect.stringContaining(message) }),
  )
})

test('refuses what no registry takes', () => {
  expect(() => parseSchema1(new Uint8Array(maxManifestBytes + 1))).toThrow(
    expect.objectContaining({ code: 'too-large' }),
  )
})
