import { expect, test } from 'vitest'
import { type Digest, digestOf } from '../../model/digest.ts'
import { appendSignatures, readSignatureImage } from './signature-image.ts'

const subject: Digest = `sha256:${'a'.repeat(64)}`
const signature = (by: string) => ({
  format: 'sigstore' as const,
  mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  payload: Buffer.from('{}'),
  annotations: { 'dev.cosignproject.cosign/signature': by },
})
/** As another tool writes it: with a config of its own, and fields that nobody here knows. */
const theirs = (() => {
  const own = JSON.parse(Buffer.from(appendSignatures(subject, undefined, [signature('one')]).bytes).toString())
  return Buffer.from(
    JSON.stringify({ ...own, config: { ...own.config, digest: digestOf(Buffer.from('x')) }, other: 1 }),
  )
})()
const signers = (bytes: Uint8Array) =>
  readSignatureImage(bytes).map(({ annotations = {} }) => Object.values(annotations))

test('signatures that are there already leave the image as it is, whoever wrote it', () => {
  const { bytes, attachment } = appendSignatures(subject, theirs, [signature('one')])
  expect(Buffer.from(bytes).equals(theirs)).toBe(true)
  expect(attachment).toMatchObject({ tag: `sha256-${'a'.repeat(64)}.sig`, node: { digest: digestOf(theirs) } })
})

test('a new one comes after those that are there, and what else the image says stays', () => {
  const { bytes, blobs } = appendSignatures(subject, theirs, [signature('two')])
  expect(signers(bytes)).toEqual([['one'], ['two']])
  const { other, config } = JSON.parse(Buffer.from(bytes).toString())
  expect(other).toBe(1)
  expect(blobs.map(({ node }) => node.digest)).toContain(config.digest)
})

test('an index under the tag is not written over', () => {
  const index = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }),
  )
  expect(() => appendSignatures(subject, index, [signature('one')])).toThrow(
    expect.objectContaining({ code: 'bad-manifest' }),
  )
})
