import { expect, test } from 'vitest'
import { importCycles, importsOf, wrongImports } from './imports.ts'
import { readSources } from './source-files.ts'

const sources = readSources('src')

test('no import of src leads to the right', () => {
  expect(wrongImports(sources)).toEqual([])
})

test('no imports of src go in circles', () => {
  expect(importCycles(sources)).toEqual([])
})

test('the whole of src is read', () => {
  expect(sources.has('src/errors/index.ts')).toBe(true)
  expect(importsOf('src/streams/verify.ts', sources.get('src/streams/verify.ts') ?? '')).toContain(
    'src/model/digest.ts',
  )
})

test.each([
  ['static', "import { a } from '../copy/a.ts'"],
  ['of several lines', "import {\n  a,\n  b,\n} from '../copy/a.ts'"],
  ['for its effects', "import '../copy/a.ts'"],
  ['of a type', "import type { A } from '../copy/a.ts'"],
  ['of a type in place', "let a: import('../copy/a.ts').A"],
  ['dynamic', "const { a } = await import('../copy/a.ts')"],
  ['re-exported', "export { a } from '../copy/a.ts'"],
  ['re-exported whole', "export * from '../copy/a.ts'"],
])('an import to the right is found: %s', (_form, text) => {
  expect(wrongImports(new Map([['src/model/bad.ts', text]]))).toEqual(['src/model/bad.ts imports src/copy/a.ts'])
})

test.each([
  ['src/errors/a.ts', '../testing/a.ts', false],
  ['src/errors/a.test.ts', '../testing/a.ts', true],
  ['src/errors/a.test.ts', '../../test/services/start-registry.ts', true],
  ['src/errors/a.ts', '../../test/services/start-registry.ts', false],
  ['src/errors/a.test.ts', '../model/a.ts', false],
  ['src/model/a.ts', '../errors/a.ts', true],
  ['src/model/a.ts', '../unknown/a.ts', false],
  ['src/cli/a.ts', '../index.ts', false],
  ['src/index.ts', './copy/a.ts', true],
  ['src/testing.ts', './testing/a.ts', true],
  ['src/testing/a.ts', '../server/a.ts', true],
  ['src/testing/a.ts', '../cli/a.ts', false],
  ['src/cli/version.ts', '../../package.json', true],
  ['src/http/a.ts', '../version.ts', true],
  ['src/version.ts', './errors/a.ts', false],
])('%s imports %s: %s', (file, specifier, allowed) => {
  expect(wrongImports(new Map([[file, `import { a } from '${specifier}'`]]))).toHaveLength(allowed ? 0 : 1)
})

test('a folder without a place is named', () => {
  expect(wrongImports(new Map([['src/extra/a.ts', '']]))).toEqual([
    expect.stringContaining('src/extra/a.ts is in no layer'),
  ])
})

test('a circle is told with its way round', () => {
  const tree = new Map([
    ['src/a/x.ts', "import './y.ts'"],
    ['src/a/y.ts', "import type { Z } from '../b/z.ts'"],
    ['src/b/z.ts', "import '../a/x.ts'"],
  ])
  expect(importCycles(tree)).toEqual(['src/a/x.ts → src/a/y.ts → src/b/z.ts → src/a/x.ts'])
})

test('what a comment or a string says is no import', () => {
  const text =
    " * import { a } from '../copy/a.ts'\nconst b = \"import '../copy/a.ts'\"\nconst c = 'text'\nexport const d = 1\n"
  expect(importsOf('src/model/a.ts', text)).toEqual([])
})
