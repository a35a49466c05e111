import { describe, expect, test } from 'vitest'
import { flag, integer, list, text } from '../options.ts'
import { parseFlags } from './parse-flags.ts'

const specs = {
  all: flag({ short: 'a', description: '' }),
  quiet: flag({ short: 'q', description: '' }),
  format: text({ short: 'f', value: 'string', description: '' }),
  additionalTag: list({ value: 'strings', description: '' }, word => word),
  level: integer({ value: 'int', description: '' }),
}

describe('flags as pflag reads them', () => {
  test.each([
    [['a', '--all', 'b'], ['a', 'b'], { all: ['true'] }],
    [['--all=false', '--quiet=T'], [], { all: ['false'], quiet: ['T'] }],
    [['-aq', 'x'], ['x'], { all: ['true'], quiet: ['true'] }],
    [['-aq=false'], [], { all: ['true'], quiet: ['false'] }],
    [['-foci', 'x'], ['x'], { format: ['oci'] }],
    [['-f', 'oci'], [], { format: ['oci'] }],
    [['-af=oci'], [], { all: ['true'], format: ['oci'] }],
    [['--format', '--all'], [], { format: ['--all'] }],
    [['--format='], [], { format: [''] }],
    [['--additional-tag', 'a', '--additional-tag=b'], [], { additionalTag: ['a', 'b'] }],
    [['-', '--', '--all', '-x'], ['-', '--all', '-x'], {}],
  ])('%j', (argv, words, options) => {
    expect(parseFlags(argv, specs)).toEqual({ words, options, asksHelp: false })
  })

  test('up to the first word, where that is a command', () => {
    const parsed = parseFlags(['--format', 'x', 'copy', '--nope'], specs, true)
    expect(parsed).toEqual({ words: ['copy', '--nope'], options: { format: ['x'] }, asksHelp: false })
  })

  test.each([[['--help']], [['-h']], [['x', '-ah']]])('%j asks for help', argv => {
    expect(parseFlags(argv, specs).asksHelp).toBe(true)
  })

  test.each([
    [['--nope=secret'], 'unknown flag: --nope'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-axq'], "unknown shorthand flag: 'x' in -xq"],
    [['--format'], 'flag needs an argument: --format'],
    [['-af'], "flag needs an argument: 'f' in -f"],
    [['--all=maybe'], 'invalid argument "maybe" for "-a, --all" flag: --all takes true or false, not "maybe"'],
    [['--level', 'x'], 'invalid argument "x" for "--level" flag: --level takes a whole number, not "x"'],
  ])('%j is refused', (argv, message) => {
    expect(() => parseFlags(argv, specs)).toThrow(expect.objectContaining({ code: 'bad-argument', message }))
  })
})
