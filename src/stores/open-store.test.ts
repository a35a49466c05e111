import { expect, test } from 'vitest'
import { openStore } from './open-store.ts'

test.each(['ftp', 'constructor', ''])('the scheme %j is no store', async scheme => {
  await expect(openStore({ scheme, root: 'x' })).rejects.toMatchObject({ code: 'bad-argument' })
})
