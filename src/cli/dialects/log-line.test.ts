import { describe, expect, test } from 'vitest'
import { TextOutput } from '../../../test/cli/text-output.ts'
import { logLine } from './log-line.ts'

const now = new Date('2026-02-03T04:05:06.789Z')
const line = (message: string, fields = {}) =>
  logLine({ level: 'fatal', message, fields }, new TextOutput(), now).replace(/^time="[^"]*" /, '')

describe('a line of logrus', () => {
  test('has the local time to the second', () => {
    expect(logLine({ level: 'fatal', message: 'x' }, new TextOutput(), now)).toMatch(
      /^time="2026-02-0\d{1}T\d\d:05:06(Z|[+-]\d\d:\d\d)" level=fatal msg=x\n$/,
    )
  })

  test.each([
    ['plain-word_1.2/@^+', 'msg=plain-word_1.2/@^+'],
    ['two words', 'msg="two words"'],
    ['say "a\\b"', 'msg="say \\"a\\\\b\\""'],
    ['a\nb\tc\u0007\u001b\u0085', 'msg="a\\nb\\tc\\a\\x1b\\u0085"'],
    ['übel \u202e \u{e0001}', 'msg="übel \\u202e \\U000e0001"'],
  ])('%j', (message, text) => {
    expect(line(message)).toBe(`level=fatal ${text}\n`)
  })

  test('has fields after the message', () => {
    expect(line('x', { from: 'dir:a', tagged: false })).toBe('level=fatal msg=x from="dir:a" tagged=false\n')
  })

  test('is for the eye on a terminal, and moves no cursor', () => {
    const terminal = new TextOutput({ columns: 80, rows: 24 })
    const text = logLine({ level: 'warning', message: 'a\u001b[2J\nb' }, terminal, now)
    const seconds = text.replace(/\[\d{4}\]/, '[0000]')
    expect(seconds).toBe(`\u001b[33mWARN\u001b[0m[0000] ${'a\ufffd[2J\nb'.padEnd(44)} \n`)
  })
})
