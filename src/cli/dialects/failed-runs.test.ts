import { describe, expect, test } from 'vitest'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { LadingError } from '../../errors/index.ts'
import { Interruption } from '../interrupt.ts'

describe('an error', () => {
  const failing = (code: 'image-not-found' | 'network', words: readonly string[]) => {
    const error = new LadingError(code, 'it failed', {
      side: 'source',
      hint: 'try `lading login`, or --tls-verify=false',
    })
    const fail = () => Promise.reject(error)
    return runAs('skopeo', words, { copyImage: fail, inspectImage: fail, deleteImage: fail })
  }

  test.each([
    ['image-not-found', ['copy', '--insecure-policy', 'dir:a', 'dir:b'], 2, '--src-tls-verify=false'],
    ['network', ['copy', '--insecure-policy', 'dir:a', 'dir:b'], 1, '--src-tls-verify=false'],
    ['image-not-found', ['inspect', 'dir:a'], 2, '--tls-verify=false'],
    ['image-not-found', ['delete', 'dir:a'], 1, '--tls-verify=false'],
  ] as const)('%s of %j', async (code, words, exit, option) => {
    expect(await failing(code, words)).toEqual({
      exit,
      stdout: '',
      stderr: `time=T level=fatal msg="(source): it failed; try \`skopeo login\`, or ${option}"\n`,
    })
  })
})

test.each(['skopeo', 's3lo'] as const)('a run as %s that is interrupted ends as a signal ends one', async name => {
  const words =
    name === 'skopeo' ? ['--insecure-policy', 'copy', '-q', 'dir:a', 'dir:b'] : ['copy', '-q', 'a', 's3://b/c:d']
  const library = { copyImage: () => Promise.reject(new TypeError('socket closed')) }
  const run = await runAs(name, words, library, { signal: AbortSignal.abort(new Interruption('SIGTERM')) })
  const stderr = name === 'skopeo' ? 'time=T level=fatal msg=interrupted\n' : 'Error: interrupted\n'
  expect(run).toEqual({ exit: 143, stdout: '', stderr })
})
