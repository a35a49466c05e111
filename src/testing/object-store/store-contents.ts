import assert from 'node:assert/strict'
import { type ErrorCode, isLadingError } from '../../errors/index.ts'
import type { GetOptions, ListOptions, ObjectStore } from '../../stores/index.ts'

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes that differ from place to place, so that a misplaced part shows. */
export function patterned(size: number): Uint8Array {
  const content = new Uint8Array(size)
  for (let i = 0; i < size; i++) content[i] = (i * 31 + (i >> 8) * 17) & 0xff
  return content
}

export async function contentOf(store: ObjectStore, key: string, options?: GetOptions): Promise<Buffer> {
  const { body } = await store.get(key, options)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function textOf(store: ObjectStore, key: string): Promise<string> {
  return (await contentOf(store, key)).toString()
}

export async function etagOf(store: ObjectStore, key: string): Promise<string> {
  const { info, body } = await store.get(key)
  await body[Symbol.asyncIterator]().return?.()
  assert.ok(info.etag !== undefined, 'a small object has an etag')
  return info.etag
}

/** Keys, and prefixes where a delimiter folds them, in the order they come. */
export async function listed(store: ObjectStore, prefix: string, options?: ListOptions): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list(prefix, options)) {
    keys.push(entry.kind === 'prefix' ? entry.prefix : entry.info.key)
  }
  return keys
}

export async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(isLadingError(error, code), `expected ${code}, got ${String(error)}`)
    return true
  })
}
