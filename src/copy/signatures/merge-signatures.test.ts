import { createMessage, generateKey, type PrivateKey, sign } from 'openpgp'
import { expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { formatSimplePayload } from '../../trust/simple-signing/simple-payload.ts'
import { mergeSignatures } from './merge-signatures.ts'

const newKey = async () => (await generateKey({ type: 'ecc', userIDs: [{ name: 'a' }], format: 'object' })).privateKey
const [own, other] = [await newKey(), await newKey()]

async function signature(key: PrivateKey, name: string, timestamp: number): Promise<Uint8Array> {
  const manifestDigest = digestOf(Buffer.from('{}'))
  const payload = formatSimplePayload({ manifestDigest, dockerReference: name, timestamp })
  const message = await createMessage({ binary: payload })
  return new Uint8Array(await sign({ message, signingKeys: key, format: 'binary' }))
}

const old = await signature(own, 'quay.io/a:1', 1)
const made = await signature(own, 'quay.io/a:1', 2)
const ofAnotherName = await signature(own, 'quay.io/a:2', 1)
const byAnotherKey = await signature(other, 'quay.io/a:1', 1)
const unreadable = new Uint8Array([0x99, 1, 2, 3])

test('a new signature replaces what the same key has signed for the same name, there or on the way', async () => {
  const kept = [ofAnotherName, byAnotherKey, unreadable]
  expect(await mergeSignatures([old, ...kept], [], [made])).toEqual([...kept, made])
  expect(await mergeSignatures([], [old, ...kept], [made])).toEqual([...kept, made])
  // an image that is signed in its place
  expect(await mergeSignatures([old, ...kept], [old, ...kept], [made])).toEqual([...kept, made])
})

test('where nobody signs all are kept, each once', async () => {
  expect(await mergeSignatures([old, made], [made, byAnotherKey, unreadable], [])).toEqual([
    old,
    made,
    byAnotherKey,
    unreadable,
  ])
})
