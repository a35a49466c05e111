import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { checkout } from './source-files.ts'

const files = {
  'a.test.ts': `
    test('passes', () => {})
    test('fails', () => { throw new Error('on purpose') })
    test('skips itself', ({ skip }) => skip('needs a thing'))
    describe.skip('a block [needs another]', () => test('inside', () => {}))
    describe('behind a hook that throws', () => {
      beforeAll(() => { throw new Error('on purpose') })
      test('never runs', () => {})
    })`,
  'b.test.ts': "import './absent.ts'",
  'c.test.ts': "test('leaves an error behind', () => { Promise.reject(new Error('on purpose')) })",
}

/** Runs a suite of these files under the reporter and answers what was printed and the exit code. */
async function report(suite: Readonly<Record<string, string>>): Promise<{ lines: string[]; code: unknown }> {
  const root = await mkdtemp(path.join(temporaryFolder(), 'suite-'))
  await Promise.all(Object.entries(suite).map(([name, text]) => writeFile(path.join(root, name), text)))
  const vitest = path.join(checkout, 'node_modules/vitest/vitest.mjs')
  const reporter = path.join(checkout, 'scripts/skip-reporter.ts')
  const args = [vitest, 'run', '--globals', '--root', root, '--reporter', 'default', '--reporter', reporter]
  return new Promise(resolve => {
    execFile(process.execPath, args, { env: { PATH: process.env.PATH, NO_COLOR: '1' } }, (error, stdout) =>
      resolve({ lines: stdout.trimEnd().split('\n'), code: error?.code ?? 0 }),
    )
  })
}

test('the last line counts, and every failure is in it', async () => {
  const { lines, code } = await report(files)
  // failed: a test, a hook, a file, an error that nobody awaited
  expect(lines.at(-1)).toBe('2 passed, 4 failed, 3 skipped')
  expect(code).toBe(1)
  expect(lines).toContain('  a.test.ts > skips itself: needs a thing')
  expect(lines).toContain('  a.test.ts > a block [needs another] > inside')
})

test('a run without failures says so', async () => {
  const { lines, code } = await report({ 'a.test.ts': "test('passes', () => {})" })
  expect(lines.at(-1)).toBe('1 passed, 0 failed, 0 skipped')
  expect(code).toBe(0)
})
