import { expect, test } from 'vitest'
import { openStore } from './open-store.ts'

test.each(['gs', 'az'])('%s says that it is not available yet', async scheme => {
  await expect(openStore({ scheme, root: 'bucket' })).rejects.toMatchObject({
    code: 'unsupported',
    message: `the ${scheme} store is not available in this version`,
  })
})

test.each(['ftp', 'constructor', ''])('the scheme %j is no store', async scheme => {
  await expect(openStore({ scheme, root: 'x' })).rejects.toMatchObject({ code: 'bad-argument' })
})
