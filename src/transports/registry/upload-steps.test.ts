import { expect, test, vi } from 'vitest'
import type { BlobAddress } from './blobs.ts'
import { UploadSteps } from './upload-steps.ts'

test('an upload that went on without TLS is not gone on with where TLS is asked for', async () => {
  const ask = vi.fn()
  const address = { client: { ask, session: { allowsPlainHttp: false } } } as unknown as BlobAddress
  const steps = new UploadSteps(address, 'blob', undefined, undefined)
  expect(await steps.goOn({ location: 'http://registry.example/v2/a/blobs/uploads/1', minChunkBytes: 0 }, 5)).toBe(
    false,
  )
  expect([ask.mock.calls, steps.session]).toEqual([[], undefined])
})
