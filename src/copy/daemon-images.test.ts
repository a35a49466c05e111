import { describe, expect, test } from 'vitest'
import { pullImage, pushImage } from './daemon-images.ts'

describe('push and pull', () => {
  test.each([
    ['push to a registry', () => pushImage('app:v1', 'registry.example.com/app:v1')],
    ['pull from a registry', () => pullImage('registry.example.com/app:v1', undefined)],
  ])('%s is refused, and copy is named', async (_, run) => {
    await expect(run()).rejects.toMatchObject({ code: 'bad-reference', hint: expect.stringContaining('lading copy') })
  })

  test('an image that has no tag needs a name', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    await expect(pullImage(`s3://images/app@${digest}`, undefined)).rejects.toMatchObject({ code: 'bad-argument' })
  })
})
