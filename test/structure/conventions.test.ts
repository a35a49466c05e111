import { expect, test } from 'vitest'
import { brokenConventions } from './conventions.ts'
import { readSources } from './source-files.ts'

test('files keep to the conventions', () => {
  expect(brokenConventions(readSources('src', 'test', 'bench', 'scripts', 'examples'))).toEqual([])
})

test.each([
  ['src/copy/copyImage.ts', '', 'is not in kebab-case'],
  ['src/Copy/image.ts', '', 'is not in kebab-case'],
  ['src/copy/utils.ts', '', 'is named for nothing in particular'],
  ['src/common/a.ts', '', 'is named for nothing in particular'],
  ['src/copy/copy-manager.test.ts', '', 'is named for nothing in particular'],
  ['src/copy/long.ts', 'line\n'.repeat(301), 'has 301 lines, and 300 are the limit'],
  ['src/copy/a.ts', 'const a = 1\nexport default a\n', 'has a default export'],
  ['src/copy/a.ts', 'export { a as default }\n', 'has a default export'],
])('%s is found out', (file, text, fault) => {
  expect(brokenConventions(new Map([[file, text]]))).toEqual([`${file} ${fault}`])
})

test('what is right passes', () => {
  expect(brokenConventions(new Map([['src/copy/copy-image.test.ts', 'line\n'.repeat(300)]]))).toEqual([])
})
