import { describe, expect, test } from 'vitest'
import { runLading } from '../../test/cli/run-lading.ts'
import { TextOutput } from '../../test/cli/text-output.ts'
import { type ErrorCode, errorCodes, LadingError } from '../errors/index.ts'
import { Interruption } from './interrupt.ts'

function failingWith(error: unknown) {
  return { library: { initStore: () => Promise.reject(error), copyImage: () => Promise.reject(error) } }
}

const init = ['init', '--local', 'x']
const missing = new LadingError('image-not-found', 'there is no such tag', {
  operation: 'read manifest',
  side: 'source',
  subject: 'docker.io/library/alpine:latset',
  hint: '`lading list` shows the tags',
})

describe('an error in text', () => {
  test.each([
    [
      'with everything',
      missing,
      'lading: read manifest docker.io/library/alpine:latset (source): there is no such tag\n  hint: `lading list` shows the tags\n',
    ],
    ['with its message alone', new LadingError('network', 'the connection failed'), 'lading: the connection failed\n'],
    [
      'with its side',
      new LadingError('io', 'permission denied', { operation: 'open', side: 'local' }),
      'lading: open (local): permission denied\n',
    ],
    [
      "with the code's own hint",
      new LadingError('unauthorized', 'no credentials'),
      `lading: no credentials\n  hint: ${errorCodes.unauthorized.hint}\n`,
    ],
    [
      'with text from elsewhere',
      new LadingError('server-error', 'it says \u001b[2J\nlading: all is well'),
      'lading: it says \ufffd[2J\ufffdlading: all is well\n',
    ],
  ])('%s', async (_, error, text) => {
    expect(await runLading(init, failingWith(error))).toEqual({ exit: error.exitCode, stdout: '', stderr: text })
  })

  test.each(Object.keys(errorCodes) as ErrorCode[])('%s gives its exit code', async code => {
    expect((await runLading(init, failingWith(new LadingError(code, 'x')))).exit).toBe(errorCodes[code].exit)
  })

  test('what lading did not foresee is called a defect', async () => {
    const { exit, stderr } = await runLading(init, failingWith(new TypeError('x is not a function')))
    expect(exit).toBe(1)
    expect(stderr).toMatch(
      /^lading: unexpected error: x is not a function\n {2}hint: this is a defect in lading; LADING_DEBUG=1/,
    )
  })

  test('LADING_DEBUG shows every cause, and ends even where they form a ring', async () => {
    const [inner, outer] = [new Error('inner'), new Error('outer')]
    inner.cause = outer
    outer.cause = inner
    const { stderr } = await runLading(init, { ...failingWith(outer), env: { LADING_DEBUG: '1' } })
    expect(stderr).toMatch(
      /^Error: outer\n +at [\s\S]*caused by: Error: inner\n +at [\s\S]*\nlading: unexpected error: outer\n/,
    )
  })

  test.each([
    ['on a terminal', { columns: 80, rows: 24 }, {}, '<ESC>[31mlading:<ESC>[39m x\n'],
    ['with NO_COLOR', { columns: 80, rows: 24 }, { NO_COLOR: '1' }, 'lading: x\n'],
    ['on a dumb terminal', { columns: 80, rows: 24 }, { TERM: 'dumb' }, 'lading: x\n'],
    ['elsewhere', undefined, {}, 'lading: x\n'],
  ])('colour %s', async (_, terminal, env, text) => {
    const stderr = new TextOutput(terminal)
    await runLading(init, { ...failingWith(new LadingError('io', 'x')), env, stderr })
    expect(stderr.take()).toBe(text)
  })
})

describe('an error in JSON', () => {
  test.each([
    [['--output', 'json']],
    [['--output=json']],
    [['--progress=json']],
    [['--output=json', '--quiet']],
  ])('with %j', async options => {
    const { exit, stdout, stderr } = await runLading(['copy', ...options, 'a', 'b'], failingWith(missing))
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'image-not-found',
        message: 'there is no such tag',
        operation: 'read manifest',
        side: 'source',
        subject: 'docker.io/library/alpine:latset',
        hint: '`lading list` shows the tags',
      },
    })
  })

  test('of the command line itself', async () => {
    const { exit, stderr } = await runLading(['copy', '--output=json', '--jbos=3', 'a', 'b'])
    expect(exit).toBe(64)
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'bad-argument', message: "unknown option '--jbos'" })
  })
})

describe('an interrupted run', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s is one line, whatever failed because of it', async (name, exit) => {
    const signal = AbortSignal.abort(new Interruption(name))
    const run = await runLading(init, { ...failingWith(new TypeError('socket closed')), signal })
    expect(run).toEqual({ exit, stdout: '', stderr: 'lading: interrupted\n' })
  })
})
