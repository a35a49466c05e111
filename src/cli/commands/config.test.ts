import { describe, expect, test } from 'vitest'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { ConfigReport } from '../../bucket/index.ts'
import type { Library } from '../library.ts'

const report: ConfigReport = {
  bucket: 'b\u001b/',
  default: { keepHistory: 0 },
  images: [{ name: 'a\u001b', immutable: true }, { name: 'of-others' }],
}

const calls: unknown[][] = []
const library: Partial<Library> = {
  readConfig: async (...words) => {
    calls.push(words)
    return report
  },
  changeConfig: async (...words) => {
    calls.push(words)
    return { ...report, changed: false }
  },
}

const run = (...words: string[]) => runLading(['config', ...words], { library })

test('get prints names that cannot move the cursor', async () => {
  expect(await run('get', 's3://b/')).toEqual({
    exit: 0,
    stdout:
      'Bucket: b\ufffd/\n\nDefault:\n  keep_history:          0\n\n' +
      'Images:\n  a\ufffd\n    immutable:           true\n  of-others\n',
    stderr: '',
  })
  const { stdout } = await run('get', 's3://b/', '--output', 'json')
  expect(JSON.parse(stdout)).toEqual(report)
  expect(stdout).not.toContain('\u001b')
})

test('set says where nothing changed, and what chunked is for', async () => {
  calls.length = 0
  const { exit, stderr } = await run(
    'set',
    's3://b/',
    'chunked=true',
    '--region',
    'x',
    'lifecycle.max_age==7d',
    'immutable=',
  )
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr: 'note: lading stores layers whole; chunked is for s3lo alone\nnote: nothing changed\n',
  })
  expect(calls).toEqual([
    [
      's3://b/',
      { chunked: 'true', 'lifecycle.max_age': '=7d', immutable: '' },
      expect.objectContaining({ cloud: { region: 'x' } }),
    ],
  ])
})

describe('is refused:', () => {
  test.each([
    [['list', 's3://b/'], 'ACTION takes one of get, set, not "list"'],
    [['get', 's3://b/', 'immutable=true'], 'config get takes no KEY=VALUE\n  hint: config set changes settings'],
    [['set', 's3://b/'], 'config set is given nothing to set\n  hint: add KEY=VALUE, like immutable=true; KEY= unsets'],
    [['set', 's3://b/', 'immutable'], '"immutable" is no KEY=VALUE'],
    [['set', 's3://b/', 'immutable=true', 'immutable='], '"immutable" is given twice'],
    [['set'], "missing required argument 'REF'"],
  ])('config %j', async (words, message) => {
    const { exit, stdout, stderr } = await run(...words)
    expect({ exit, stdout }).toEqual({ exit: 64, stdout: '' })
    expect(stderr).toContain(message)
  })

  test('a setting that there is not, with those that there are', async () => {
    const { library: real } = await import('../library.ts')
    const words = ['config', 'set', 'local://./none//', 'lifecyle.keep_last=1']
    expect(await runLading(words, { library: real })).toEqual({
      exit: 64,
      stdout: '',
      stderr:
        'lading: "lifecyle.keep_last" is no setting\n' +
        '  hint: there are immutable, lifecycle.keep_last, lifecycle.max_age, lifecycle.keep_tags, keep_history, and chunked for a whole bucket\n',
    })
  })

  test('config remove of s3lo, with what there is now', async () => {
    expect(await runAs('s3lo', ['config', 'remove', 's3://b/', 'immutable'])).toEqual({
      exit: 1,
      stdout: '',
      stderr: 'Error: ACTION takes one of get, set, not "remove"\n',
    })
    expect((await runAs('s3lo', ['config', 'get'])).stderr).toBe(
      'Error: requires get or set, and the bucket or image\n',
    )
  })
})

test('the help names the settings and how one is unset', async () => {
  const { stdout } = await run('--help')
  for (const word of ['config [OPTIONS] ACTION REF [KEY=VALUE...]', 'lifecycle.keep_tags', 'keep_history', 'KEY= ']) {
    expect(stdout).toContain(word)
  }
})
