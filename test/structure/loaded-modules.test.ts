import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { loadedModules } from './loaded-modules.ts'
import { checkout } from './source-files.ts'

const lading = path.join(checkout, 'bin/lading.js')

test('what a program loads is told: files, packages and builtins, imported or required', async () => {
  const program = path.join(await mkdtemp(path.join(temporaryFolder(), 'program-')), 'program.ts')
  const target = (name: string) => JSON.stringify(path.join(checkout, name))
  await writeFile(
    program,
    `import { LadingError } from ${target('src/errors/index.ts')}
import { createRequire } from 'node:module'
createRequire(${target('package.json')})('picomatch')
if (LadingError === undefined) await import('yaml')
`,
  )
  const loaded = await loadedModules(program)
  expect(loaded.files).toContain('src/errors/lading-error.ts')
  expect(loaded.packages).toEqual(['picomatch'])
  expect(loaded.builtins).toContain('node:module')
})

describe.skipIf(!existsSync(lading))('lading loads no package but its command line', () => {
  test.each([[['--version']], [['--help']], [['copy', '--help']]])('for %j', async args => {
    const { packages } = await loadedModules(lading, args)
    expect(packages.filter(name => name !== 'commander')).toEqual([])
  })
})

describe('a copy with nothing to do loads its two transports and no other', () => {
  const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
  const always = ['commander', 'lru-cache', 'p-limit', 'valibot', 'yocto-queue']
  const transportsOf = (files: readonly string[]) =>
    new Set(files.flatMap(file => /^src\/transports\/([^/]+)\/(?:source|destination)\.ts$/.exec(file)?.[1] ?? []))

  test('between layouts, and nothing that speaks HTTP', async () => {
    const target = `oci:${await mkdtemp(path.join(temporaryFolder(), 'layout-'))}:v1`
    await loadedModules(lading, ['copy', hello, target])
    const { files, packages, builtins } = await loadedModules(lading, ['copy', hello, target])
    expect(packages).toEqual(always)
    expect(transportsOf(files)).toEqual(new Set(['oci-layout']))
    expect(files.filter(file => /^src\/(auth|http)\//.test(file))).toEqual([
      'src/auth/abandonable.ts',
      'src/auth/home-folder.ts',
      'src/http/redact.ts',
    ])
    expect(builtins.filter(name => /http|net|tls|zlib|worker/.test(name))).toEqual([])
  })

  test('from a registry into a bucket on disk, and undici', async () => {
    await using registry = await startFakeRegistry()
    const image = `${registry.host}/hello:v1`
    const bucket = `local://${await mkdtemp(path.join(temporaryFolder(), 'bucket-'))}//hello:v1`
    await loadedModules(lading, ['copy', hello, image])
    await loadedModules(lading, ['copy', image, bucket])
    const { files, packages } = await loadedModules(lading, ['copy', image, bucket])
    expect(packages).toEqual([...always, 'undici'].sort())
    expect(transportsOf(files)).toEqual(new Set(['bucket', 'registry']))
    expect(files.filter(file => /^src\/stores\/(s3|gcs|azure)\//.test(file))).toEqual([])
  })
})

test('importing the library loads nothing that a program may never use', async () => {
  const { files, packages, builtins } = await loadedModules(path.join(checkout, 'src/index.ts'))
  expect(packages.filter(name => ['commander', 'undici', 'yaml', 'picomatch'].includes(name))).toEqual([])
  expect(builtins.filter(name => ['node:http', 'node:https', 'node:tls'].includes(name))).toEqual([])
  expect(files.filter(file => /^src\/(cli|stores\/local|testing)\//.test(file))).toEqual([])
})
