import { createHash, type KeyObject, verify } from 'node:crypto'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import { readUnambiguousJson } from '../read-unambiguous-json.ts'
import { parsePem } from './pem.ts'
import { publicKeyBytes } from './read-public-key.ts'
import type { LoggedSignature, RekorEntry } from './rekor-log.ts'

const base64 = v.pipe(v.string(), v.base64())
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Seconds that are a date: what is none is neither before the end of a certificate nor after it. */
const seconds = v.pipe(count, v.maxValue(8_640_000_000_000))

/** cosign's annotation: what the log signed, and its signature, the "signed entry timestamp". */
const annotation = v.strictObject({
  SignedEntryTimestamp: base64,
  Payload: v.strictObject({ body: base64, integratedTime: seconds, logIndex: count, logID: v.string() }),
})

/** Rekor's entry of this kind and version. */
const hashedRekord = v.looseObject({
  kind: v.literal('hashedrekord'),
  apiVersion: v.literal('0.0.1'),
  spec: v.looseObject({
    data: v.looseObject({
      hash: v.looseObject({ algorithm: v.literal('sha256'), value: v.pipe(v.string(), v.hexadecimal()) }),
    }),
    signature: v.looseObject({ content: base64, publicKey: v.looseObject({ content: base64 }) }),
  }),
})

export function formatRekorSet({ body, integratedTime, logIndex, logId, signedEntryTimestamp }: RekorEntry): string {
  return JSON.stringify({
    SignedEntryTimestamp: Buffer.from(signedEntryTimestamp).toString('base64'),
    Payload: { body: Buffer.from(body).toString('base64'), integratedTime, logIndex, logID: logId },
  })
}

/** The same as an entry in a bundle. Nothing of it is verified. @throws LadingError `untrusted` where it is malformed */
export function readRekorSet(text: string): TransparencyLogEntry {
  const { SignedEntryTimestamp, Payload } = parse(annotation, () => readUnambiguousJson(text), 'entry of the log')
  const { body, integratedTime, logIndex, logID } = Payload
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: Buffer.from(SignedEntryTimestamp, 'base64') },
    inclusionProof: undefined,
    canonicalizedBody: Buffer.from(body, 'base64'),
  }
}

/**
 * Checks that the log says to have entered this signature, by this key, of this content.
 *
 * @returns when that was
 * @throws LadingError `untrusted`
 */
export function verifyRekorSet(text: string, logged: LoggedSignature, logKeys: readonly KeyObject[]): Date {
  const { SignedEntryTimestamp, Payload } = parse(annotation, () => readUnambiguousJson(text), 'entry of the log')
  const { body, integratedTime, logIndex, logID } = Payload
  // RFC 8785: of these fields it is what JSON.stringify writes, in the order of their names
  const signed = Buffer.from(JSON.stringify({ body, integratedTime, logID, logIndex }))
  const timestamp = Buffer.from(SignedEntryTimestamp, 'base64')
  const ofLog = logKeys.filter(key => sha256(publicKeyBytes(key)).toString('hex') === logID)
  if (ofLog.length === 0) throw refusal('the signature is entered in a log that is not trusted')
  if (!ofLog.some(key => verify('sha256', signed, key, timestamp))) {
    throw refusal("the log's signature of the entry is not valid")
  }
  const { spec } = parse(hashedRekord, () => readJson(Buffer.from(body, 'base64')), 'body of the entry in the log')
  if (!sameBlock(Buffer.from(spec.signature.publicKey.content, 'base64').toString(), logged.verifier)) {
    throw refusal('the entry in the log is of another key or certificate')
  }
  if (!Buffer.from(spec.signature.content, 'base64').equals(logged.signature)) {
    throw refusal('the entry in the log is of another signature')
  }
  if (!Buffer.from(spec.data.hash.value, 'hex').equals(sha256(logged.content))) {
    throw refusal('the entry in the log is of other content')
  }
  return new Date(integratedTime * 1000)
}

function sameBlock(one: string, other: string): boolean {
  const [[a, ...more], [b, ...others]] = [parsePem(one), parsePem(other)]
  return a !== undefined && b !== undefined && more.length === 0 && others.length === 0 && a.bytes.equals(b.bytes)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function parse<T extends v.GenericSchema>(schema: T, read: () => unknown, what: string): v.InferOutput<T> {
  try {
    return v.parse(schema, read())
  } catch (cause) {
    throw new LadingError('untrusted', `the ${what} is malformed`, { cause })
  }
}

function refusal(message: string): LadingError {
  return new LadingError('untrusted', message)
}
