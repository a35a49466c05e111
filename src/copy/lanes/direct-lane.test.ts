import { expect, test, vi } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import type { Upload } from '../../stores/index.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import { moveDirectly } from './direct-lane.ts'
import type { Lanes } from './lanes.ts'
import type { Outcome } from './outcome.ts'

const node: Node = { kind: 'layer', mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 8 * 1024 * 1024 }

interface Scene {
  readonly kind: 'file' | 'parts'
  readonly outcome: Outcome
  /** Whether the destination has it then. */
  readonly isThere?: boolean
  readonly finished?: boolean
}

/** What is returned, and what becomes of the upload. */
async function moved({ kind, outcome, isThere = false, finished = true }: Scene) {
  const ends: string[] = []
  const end = (name: string) => async () => void ends.push(name)
  const common = { abort: end('abort'), leave: end('leave'), finish: async () => finished }
  const upload =
    kind === 'file'
      ? { kind, path: 'x', ...common }
      : { kind, partSize: 1, have: new Map(), request: vi.fn(), stored: () => {}, ...common }
  const threads = { move: async () => outcome }
  const done = await moveDirectly({
    node,
    source: { name: 's', locate: async () => ({}) } as unknown as ImageSource,
    destination: {
      name: 'd',
      upload: async () => upload as Upload,
      has: async () => isThere,
    } as unknown as ImageDestination,
    lanes: { threads: async () => threads } as unknown as Lanes,
    listen: () => {},
    passed: () => {},
    signal: new AbortController().signal,
  }).catch(error => {
    if (error instanceof LadingError) return error.code
    throw error
  })
  return [done, ends.join()]
}

const declined: Outcome = { kind: 'declined', why: 'planted' }

test.each<[string, Scene, [unknown, string]]>([
  ['parts that were declined stay for the stream', { kind: 'parts', outcome: declined }, [false, 'leave']],
  [
    'parts whose upload another process has finished are done',
    { kind: 'parts', outcome: declined, isThere: true },
    [true, 'abort'],
  ],
  [
    'parts that others changed meanwhile stay for the stream',
    { kind: 'parts', outcome: { kind: 'done' }, finished: false },
    [false, 'leave'],
  ],
  [
    'parts that others finished meanwhile are done',
    { kind: 'parts', outcome: { kind: 'done' }, finished: false, isThere: true },
    [true, 'abort'],
  ],
  ['wrong parts are given up', { kind: 'parts', outcome: { kind: 'wrong' }, isThere: true }, [false, 'abort']],
  [
    'a file that was declined stays for the stream, with what has come',
    { kind: 'file', outcome: declined },
    [false, 'leave'],
  ],
  ['a wrong file is removed', { kind: 'file', outcome: { kind: 'wrong' } }, [false, 'abort']],
])('%s', async (_, scene, expected) => {
  expect(await moved(scene)).toEqual(expected)
})
