import { expect, test } from 'vitest'
import { signS3 } from '../../bench/s3-signature.ts'
import { isSigned } from '../services/aws-signature.ts'

const keys = { accessKeyId: 'key', secretAccessKey: 'secret' }

test.each([
  ['GET', ''],
  ['PUT', 'some bytes'],
] as const)('%s is signed with what it sends', (method, text) => {
  const url = new URL('http://127.0.0.1:1/bucket/blobs/sha256/00')
  const body = Buffer.from(text)
  const request = { method, path: url.pathname, headers: signS3(method, url, body, keys), body }
  expect(isSigned(request, 'secret')).toBe(true)
  expect(isSigned(request, 'another')).toBe(false)
  expect(isSigned({ ...request, body: Buffer.from('other bytes') }, 'secret')).toBe(false)
})
