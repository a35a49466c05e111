import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runAs } from '../../../../test/cli/run-dialect.ts'
import type { Library } from '../../library.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-policy-'))
afterAll(() => rm(folder, { recursive: true }))
const valid = path.join(folder, 'policy.json')
await writeFile(valid, '{"default":[{"type":"reject"}]}')
const invalid = path.join(folder, 'invalid.json')
await writeFile(invalid, '{"default":[{"type":"insecureAcceptAnything"}],"default":[{"type":"reject"}]}')
await mkdir(path.join(folder, 'directory.json'))

type Options = Parameters<Library['copyImage']>[2]

/** The options that the library was called with, and what was printed. */
async function run(...words: string[]) {
  let options: Options
  const note = (given: Options) => {
    options = given
    throw new Error('called')
  }
  const ending = await runAs('skopeo', words, {
    copyImage: (_, __, given) => note(given),
    syncImages: (_, __, given) => note(given),
  })
  return { ...ending, policy: options?.policy, called: ending.stderr.includes('called') }
}

const copy = ['copy', 'dir:/a', 'dir:/b']
const sync = ['sync', '--src', 'dir', '--dest', 'dir', '/a', '/b']

describe.each([
  ['copy', copy],
  ['sync', sync],
])('skopeo %s', (_, words) => {
  test('asks for the policy that is named', async () => {
    expect(await run('--policy', valid, ...words)).toMatchObject({
      called: true,
      policy: { file: valid, required: true },
    })
  })

  test('asks for none with --insecure-policy', async () => {
    expect(await run('--insecure-policy', ...words)).toMatchObject({ called: true, policy: 'accept-anything' })
  })

  test.each([
    ['that is not there', path.join(folder, 'missing.json'), 'no such file or directory'],
    ['that is a directory', path.join(folder, 'directory.json'), ''],
    ['that is invalid', invalid, 'default: it is there twice'],
  ])('does nothing with one %s', async (__, file, why) => {
    const { called, exit, stderr } = await run('--policy', file, ...words)
    expect(called).toBe(false)
    expect(exit).toBe(1)
    expect(stderr).toContain('Error loading trust policy: ')
    expect(stderr).toContain(why)
  })
})
