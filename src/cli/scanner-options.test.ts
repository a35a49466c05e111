import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { TextOutput } from '../../test/cli/text-output.ts'
import type { TrivyOffer } from '../scan/index.ts'
import type { CommandContext } from './context.ts'
import { trivyOf } from './scanner-options.ts'

const offer = { version: '1.2.3', url: 'https://a.test/t.tar.gz', target: '/h/.local/bin/trivy', sizeBytes: 48_100_000 }
const nothing = { trivyVersion: undefined, trustedRoot: undefined, cacheDir: undefined, dbRepository: undefined }

function asked(keys: string, { isTTY = true, terminal = true, installTrivy = false } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY })
  const stderr = new TextOutput(terminal ? { columns: 200, rows: 20 } : undefined)
  // all that is used of it
  const context = { stdin: () => stdin, stderr, signal: new AbortController().signal } as unknown as CommandContext
  let closed = 0
  const given = { ...nothing, offline: false, installTrivy }
  const install = trivyOf(given, context, { close: () => void closed++ }).installTrivy
  stdin.write(keys)
  return { install, stderr, closed: () => closed }
}
const answer = async (install: unknown) =>
  typeof install === 'function' ? await (install as (offer: TrivyOffer) => Promise<boolean>)(offer) : undefined

describe('whether Trivy may be installed', () => {
  test.each([
    ['y\r', true],
    ['YES\r', true],
    ['\r', false],
    ['n\r', false],
    ['yesterday\r', false],
  ])('is asked on a terminal: %j', async (keys, expected) => {
    const { install, stderr, closed } = asked(keys)
    expect(await answer(install)).toBe(expected)
    expect(stderr.text).toContain(
      'Trivy 1.2.3 is not installed. Download it from https://a.test/t.tar.gz (48.1 MB), and install it as /h/.local/bin/trivy? [y/N]',
    )
    expect(closed()).toBe(1)
  })

  test.each([{ isTTY: false }, { terminal: false }])('is not asked elsewhere, and it may not: %j', where => {
    expect(asked('y\r', where).install).toBe(false)
  })

  test('is not asked where the flag says so', () => {
    expect(asked('', { installTrivy: true }).install).toBe(true)
    expect(asked('', { installTrivy: true, isTTY: false }).install).toBe(true)
  })
})
