import { expect, test } from 'vitest'
import { loadSdk } from './load-sdk.ts'

test('packages that are not installed are named, and how to get them', async () => {
  const name = '@aws-sdk/not-installed'
  await expect(loadSdk(() => import(name))).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringMatching(/^npm install @aws-sdk\/client-s3 /),
  })
})

test('a package that is installed and fails is no missing one', async () => {
  await expect(loadSdk(() => Promise.reject(new SyntaxError('planted')))).rejects.toThrow(SyntaxError)
})
