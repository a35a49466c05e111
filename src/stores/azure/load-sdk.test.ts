import { expect, test } from 'vitest'
import { loadPackage } from './load-sdk.ts'

test('a package that is not installed is named, and how to get it', async () => {
  const name = '@azure/not-installed'
  await expect(loadPackage(name, () => import(name))).rejects.toMatchObject({
    code: 'unsupported',
    message: 'Azure needs the package @azure/not-installed, which is not installed',
    hint: 'npm install @azure/not-installed',
  })
})

test('a package that is installed and fails is no missing one', async () => {
  const failing = () => Promise.reject(new SyntaxError('planted'))
  await expect(loadPackage('@azure/broken', failing)).rejects.toThrow(SyntaxError)
})
