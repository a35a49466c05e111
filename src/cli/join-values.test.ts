import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyCommand } from './commands/copy.ts'
import { loginCommand } from './commands/login.ts'
import { joinValues } from './join-values.ts'

const copy = copyCommand.options
const login = loginCommand.options

describe('joinValues, as pflag reads a line', () => {
  test.each([
    ['a bare flag does not take the next word', ['--tls-verify', 'a', 'b'], ['--tls-verify=true', 'a', 'b'], copy],
    ['a flag with a value', ['--tls-verify=false', 'a'], ['--tls-verify=false', 'a'], copy],
    ['a letter', ['-q', 'a'], ['--quiet=true', 'a'], copy],
    ['letters together', ['-aq', 'a'], ['--all=true', '--quiet=true', 'a'], copy],
    ['a letter with a value', ['-q=false', 'a'], ['--quiet=false', 'a'], copy],
    ['a value in the next word', ['--jobs', '4', 'a'], ['--jobs=4', 'a'], copy],
    ['a value that looks like an option', ['--password', '--all', 'a'], ['--password=--all', 'a'], login],
    ['a value that holds =', ['--password', 'a=b='], ['--password=a=b='], login],
    ['an empty value', ['--password', ''], ['--password='], login],
    ['a value after its letter', ['-uname', 'a'], ['--username=name', 'a'], login],
    ['a value after its letter and =', ['-u=name'], ['--username=name'], login],
    ['a value in the word after a letter', ['-u', 'name', 'a'], ['--username=name', 'a'], login],
    ['an option without its value', ['a', '--jobs'], ['a', '--jobs'], copy],
    ['nothing after --', ['-q', '--', '-q', '--jobs', '4'], ['--quiet=true', '--', '-q', '--jobs', '4'], copy],
    ['a dash alone is a word', ['-', '-q'], ['-', '--quiet=true'], copy],
    ['what is not known stays', ['--nothing', '-z', '-qz'], ['--nothing', '-z', '--quiet=true', '-z'], copy],
    ['what is not known keeps no value', ['--pasword=s3cret', 'a'], ['--pasword', 'a'], login],
  ])('%s', (_, argv, expected, options) => {
    expect(joinValues(argv, options)).toEqual(expected)
  })

  test('words that are no options pass unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter(word => !word.startsWith('-'))), words => {
        expect(joinValues(words, copy)).toEqual(words)
      }),
    )
  })

  test('reading its own result again changes nothing', () => {
    const word = fc.oneof(fc.constantFrom('-q', '-aq', '--jobs', '--jobs=3', '--all', '--', '-u', 'a'), fc.string())
    fc.assert(
      fc.property(fc.array(word), words => {
        const once = joinValues([...words, 'end'], copy)
        expect(joinValues(once, copy)).toEqual(once)
      }),
    )
  })
})
