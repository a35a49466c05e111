import { describe, expect, test } from 'vitest'
import { pullImage, pushImage } from './daemon-images.ts'

describe('push and pull', () => {
  test.each([
    ['push to a registry', () => pushImage('app:v1', 'registry.example.com/app:v1')],
    ['pull from a registry', () => pullImage('registry.example.com/app:v1', undefined)],
    ['pull from a registry under another name', () => pullImage('registry.example.com/app:v1', 'app:v1')],
  ])('%s is refused, and copy is named', async (_, run) => {
    await expect(run()).rejects.toMatchObject({ code: 'bad-reference', hint: expect.stringContaining('lading copy') })
  })

  test.each([
    'app:v1',
    'docker-daemon:app:v1',
    `docker-daemon:sha256:${'0'.repeat(64)}`,
    '0'.repeat(64),
  ])('%s is an image of the daemon', async image => {
    const options = { sourceDaemonHost: 'unix:///there-is-none.sock' }
    await expect(pushImage(image, 's3://images/app:v1', options)).rejects.toMatchObject({ code: 'daemon-unavailable' })
  })

  test('an image that has no tag needs a name', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    await expect(pullImage(`s3://images/app@${digest}`, undefined)).rejects.toMatchObject({ code: 'bad-argument' })
  })
})
