import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { s3loSignature } from '../../../test/services/s3lo-signature.ts'
import type { Digest } from '../../model/digest.ts'
import { keySlug } from './signature-record.ts'
import { type SignedTag, verifySignatureRecord } from './verify-record.ts'

const digest: Digest = `sha256:${'a'.repeat(64)}`
const other: Digest = `sha256:${'b'.repeat(64)}`
const of: SignedTag = { bucket: 'images', image: 'team/app', tag: 'v1', digest }
const place = 'images/team/app:v1'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const bytes = (record: object) => Buffer.from(JSON.stringify(record))
const bound = s3loSignature({ privateKey, digest, place }).record
const unbound = s3loSignature({ privateKey, digest }).record
const refused = (record: object, message: string, tag: SignedTag = of, keys = [publicKey]) => {
  const verify = () => verifySignatureRecord(bytes(record), tag, keys)
  expect(verify).toThrow(expect.objectContaining({ code: 'untrusted' }))
  expect(verify).toThrow(message)
}

test.each([
  ['the first', unbound, false],
  ['the later', bound, true],
])('%s form is verified, and says what it is bound to', (_, record, isBound) => {
  expect(verifySignatureRecord(bytes(record), of, [stranger, publicKey])).toEqual({
    key: publicKey,
    isBound,
    signedAt: '2026-04-12T19:21:10Z',
  })
})

test('with RSA', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { name, record } = s3loSignature({ privateKey: rsa.privateKey, digest, place })
  expect(verifySignatureRecord(bytes(record), of, [rsa.publicKey]).key).toBe(rsa.publicKey)
  expect(name).toBe(`${keySlug(createPublicKey(rsa.privateKey))}.json`)
})

describe.each([
  ['the first', unbound],
  ['the later', bound],
])('of %s form is refused', (_, record) => {
  test('that of somebody else', () => refused(record, 'no trusted key has made the signature', of, [stranger]))
  test('without keys', () => refused(record, 'no trusted key has made the signature', of, []))
  test('that of another manifest', () => refused(record, 'the tag has changed since', { ...of, digest: other }))
  test('one whose digest is written over', () => {
    const payload = 'payload' in record ? { payload: Buffer.from(`${other}\n`).toString('base64') } : {}
    refused({ ...record, digest: other, ...payload }, 'no trusted key', { ...of, digest: other })
  })
  test('a changed signature', () => {
    const signature = Buffer.from(record.signature, 'base64')
    signature[10] = (signature[10] ?? 0) ^ 1
    refused({ ...record, signature: signature.toString('base64') }, 'no trusted key')
  })
  test.each([
    ['without a field', { ...record, signature: undefined }],
    ['of a later form', { ...record, schemaVersion: 3 }],
    ['with a version that is no number', { ...record, schemaVersion: '2' }],
    ['with what is no digest', { ...record, digest: 'sha256:x' }],
    ['with what is no base64', { ...record, signature: '*' }],
    ['that is a list', [record]],
  ])('a file %s', (__, changed) => refused(changed, 'in a form of s3lo that is known'))
})

test('a file that says something twice is refused', () => {
  const twice = JSON.stringify(bound).replace('{', `{"digest":"${other}",`)
  expect(() => verifySignatureRecord(Buffer.from(twice), of, [publicKey])).toThrow('in a form of s3lo that is known')
})

test.each([
  ['tag', { ...of, tag: 'v2' }],
  ['image', { ...of, image: 'team/other' }],
  ['bucket', { ...of, bucket: 'elsewhere' }],
])('the later form is of its %s alone; the first is not', (_, moved) => {
  refused(bound, 'have been moved here', moved)
  expect(verifySignatureRecord(bytes(unbound), moved, [publicKey]).isBound).toBe(false)
})

test('a payload that is something else than the digest counts for nothing', () => {
  const payload = Buffer.from(`${other}\n`).toString('base64')
  refused({ ...unbound, payload }, 'what the file calls its payload')
})

test('one form does not pass for the other', () => {
  refused({ ...bound, schemaVersion: 1, payload: unbound.payload }, 'no trusted key')
  refused({ ...unbound, schemaVersion: 2 }, 'no trusted key')
})
