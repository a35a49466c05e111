import { expect, test } from 'vitest'
import { loadSigstore } from './load-sigstore.ts'

test('packages that are not installed are named', async () => {
  const absent = '@sigstore/there-is-none'
  await expect(loadSigstore(() => import(absent))).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('npm install @sigstore/'),
  })
})

test('what fails otherwise fails as it did', async () => {
  const load = async () => {
    throw new TypeError('broken')
  }
  await expect(loadSigstore(load)).rejects.toThrow(new TypeError('broken'))
})
