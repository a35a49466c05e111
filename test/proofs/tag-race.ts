import assert from 'node:assert/strict'
import { isLadingError } from '../../src/errors/index.ts'
import { readHistory, readTag, tagKeys, writeTag } from '../../src/layout/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'

/** One tag that all racers want, each for a root of its own. */
export interface Race {
  readonly tag: string
  /** With it exactly one wins. Without it every one does, in turn. */
  readonly immutable: boolean
}

/** How a race ended for one racer. */
export type Outcome = { readonly digest: string; readonly refused?: undefined } | { readonly refused: string }

const image = 'race/app'

export async function race(store: ObjectStore, racer: string, { tag, immutable }: Race): Promise<Outcome> {
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, racer, tag }))
  const digest = digestOf(bytes)
  try {
    await writeTag(store, { image, tag, digest, bytes, imageBytes: bytes.byteLength, immutable })
    return { digest }
  } catch (error) {
    if (isLadingError(error, 'tag-exists')) return { refused: error.message }
    throw error
  }
}

/** What must hold after a race, whoever has won it. */
export async function assertFair(store: ObjectStore, { tag, immutable }: Race, outcomes: readonly Outcome[]) {
  const winners = outcomes.flatMap(outcome => (outcome.refused === undefined ? [outcome.digest] : []))
  const record = await readTag(store, image, tag)
  assert.ok(record !== undefined, 'the tag is there')
  assert.ok(winners.includes(record.digest), 'it is a winner’s')
  assert.equal(winners.length, immutable ? 1 : outcomes.length)
  for (const { refused } of outcomes) {
    if (refused !== undefined) assert.ok(refused.includes(record.digest), `${refused} names the winner's digest`)
  }
  const history = await readHistory(store, tagKeys(image, tag).history)
  assert.deepEqual(history.map(({ digest }) => digest).sort(), winners.toSorted())
  assert.equal(history[0]?.digest, record.digest, 'the newest entry is the tag')
}
