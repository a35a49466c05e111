import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { memoryStore } from '../stores/index.ts'
import { hasSignatures, parseSignatureKey, readSignatures, writeSignatures } from './signatures.ts'

const manifest = digestOf(Buffer.from('{}'))
const other = digestOf(Buffer.from('[]'))
const [one, two] = [Buffer.from('1'), Buffer.from('2')]
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

test('signatures are kept by their manifest and content', async () => {
  const store = memoryStore()
  expect(await hasSignatures(store)).toBe(false)
  await writeSignatures(store, manifest, [one, two], [])
  expect(await hasSignatures(store)).toBe(true)
  const found = await readSignatures(store, manifest)
  expect(new Set([...found.values()].map(textOf))).toEqual(new Set(['1', '2']))
  for (const key of found.keys()) expect(parseSignatureKey(key)).toBe(manifest)
  expect((await readSignatures(store, other)).size).toBe(0)
})

test('what another has added meanwhile stays, and what is known goes', async () => {
  const store = memoryStore()
  await writeSignatures(store, manifest, [one], [])
  const known = (await readSignatures(store, manifest)).keys()
  await writeSignatures(store, manifest, [two], [])
  await writeSignatures(store, manifest, [], known)
  expect([...(await readSignatures(store, manifest)).values()].map(textOf)).toEqual(['2'])
  await writeSignatures(store, manifest, [one], 'all')
  expect([...(await readSignatures(store, manifest)).values()].map(textOf)).toEqual(['1'])
})

test('a signature that has changed is refused, and so are too many', async () => {
  const store = memoryStore()
  await writeSignatures(store, manifest, [one], [])
  const [key = ''] = (await readSignatures(store, manifest)).keys()
  await store.put(key, two)
  await expect(readSignatures(store, manifest)).rejects.toMatchObject({ code: 'bad-layout' })
  const many = Array.from({ length: limits.signatures + 1 }, (_, at) => Buffer.from(`${at}`))
  await writeSignatures(store, other, many, [])
  await expect(readSignatures(store, other)).rejects.toMatchObject({ code: 'too-large' })
})

test.each([
  'lading/signatures/x',
  `lading/signatures/sha256/${'a'.repeat(64)}/b`,
  'blobs/sha256/a',
])('%s is none', key => {
  expect(parseSignatureKey(key)).toBeUndefined()
})
