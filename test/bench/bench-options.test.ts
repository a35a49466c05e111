import { expect, test } from 'vitest'
import { parseBenchOptions } from '../../bench/bench-options.ts'

test('what is not said has a default', () => {
  expect(parseBenchOptions([])).toMatchObject({ runs: 5, scale: 1, sizes: {}, ladings: [{ name: 'lading' }] })
})

test('scenarios, sizes and programs can be chosen', () => {
  const words = '--only c,a --runs 3 --quick --size a.layers=2 --peers crane --lading /x/old --lading new=/y'
  expect(parseBenchOptions(words.split(' '))).toMatchObject({
    only: ['a', 'c'],
    runs: 3,
    scale: 0.1,
    sizes: { 'a.layers': 2 },
    peers: ['crane'],
    ladings: [
      { name: 'lading', place: '/x/old' },
      { name: 'new', place: '/y' },
    ],
  })
})

test.each([
  ['--only z', 'there is no scenario z'],
  ['--peers docker', 'there is no peer docker'],
  ['--runs none', '--runs takes a positive number, not none'],
  ['--size a.depth=3', 'scenario a has no size depth: layers, layerBytes'],
  ['--size layers=3', '--size takes LETTER.NAME=N, not layers=3'],
  ['--fast', 'Unknown option'],
])('%s is refused', (words, message) => {
  expect(() => parseBenchOptions(words.split(' '))).toThrow(message)
})
