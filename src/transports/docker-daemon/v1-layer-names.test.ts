import { expect, test } from 'vitest'
import { v1LayerNames } from './v1-layer-names.ts'

const diffIds = [
  'sha256:30e3bd02eb4638abe7bf21f0ee39d683a2b879aa27e05471471132c79faf1d02',
  `sha256:${'85'.repeat(32)}`,
] as const

test('the name that Docker 20.10 gave a layer', () => {
  expect([...v1LayerNames(diffIds)]).toEqual([
    ['a5204364eb6c02e1fd265fe23ec81a19bfea6419a09f79d53ab5f12e4d5549fb/layer.tar', diffIds[0]],
  ])
})

test('the last layer’s is not foretold', () => {
  expect(v1LayerNames([]).size).toBe(0)
  expect(v1LayerNames(diffIds.slice(0, 1)).size).toBe(0)
})
