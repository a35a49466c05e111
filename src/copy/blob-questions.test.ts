import { expect, test } from 'vitest'
import type { Node } from '../model/descriptor.ts'
import { digestOf } from '../model/digest.ts'
import { createBlobQuestions } from './blob-questions.ts'

const blobs = (count: number, size = 1000): Node[] =>
  Array.from({ length: count }, (_, at) => ({
    kind: 'layer',
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(new Uint8Array([at >> 8, at & 255])),
    size,
  }))

/** What a destination that has `there` is asked, and what comes of it. */
async function asked(nodes: readonly Node[], there: readonly Node[], { exact = false, begins = true } = {}) {
  const questions: Node[] = []
  const destination = {
    async has(node: Node) {
      questions.push(node)
      await new Promise(resolve => setImmediate(resolve))
      return there.includes(node)
    },
    ...(begins ? { findOrBegin: async () => false } : {}),
  }
  const presenceOf = createBlobQuestions(destination, { exact, signal: new AbortController().signal })
  return { presences: await Promise.all(nodes.map(presenceOf)), questions: questions.length }
}

const countOf = (presences: readonly string[], wanted: string) => presences.filter(one => one === wanted).length

test('where none of the first blobs is there, the others are not asked for', async () => {
  const { presences, questions } = await asked(blobs(100), [])
  expect(questions).toBe(8)
  expect(countOf(presences, 'unsure')).toBe(92)
})

test('where one of the first is there, all are asked for', async () => {
  const nodes = blobs(100)
  const { presences, questions } = await asked(nodes, nodes.slice(5, 50))
  expect(questions).toBe(100)
  expect([countOf(presences, 'present'), countOf(presences, 'absent')]).toEqual([45, 55])
})

test.each([
  ['that are few', blobs(8), {}],
  ['that are large', blobs(20, 100_000), {}],
  ['of a dry run', blobs(20), { exact: true }],
  ['of a destination that begins no upload in the same request', blobs(20), { begins: false }],
])('blobs %s are all asked for', async (_, nodes, options) => {
  const { presences, questions } = await asked(nodes, [], options)
  expect(questions).toBe(nodes.length)
  expect(countOf(presences, 'absent')).toBe(nodes.length)
})

test('a question that fails lets nobody wait for its answer', async () => {
  const destination = {
    has: () => Promise.reject(new Error('no network')),
    findOrBegin: () => Promise.reject(new Error('no network')),
  }
  const presenceOf = createBlobQuestions(destination, { exact: false, signal: new AbortController().signal })
  const outcomes = await Promise.allSettled(blobs(20).map(presenceOf))
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(8)
})
