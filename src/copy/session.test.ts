import { expect, test } from 'vitest'
import { openSession } from './session.ts'

test('why there is no HTTP client is said once, and is what a session that ends leaves of it', async () => {
  const use = async () => {
    await using session = openSession({ userAgentPrefix: 'a\nb' }, () => {})
    await session.context('source').http()
  }
  await expect(use()).rejects.toMatchObject({ code: 'bad-argument' })
})
