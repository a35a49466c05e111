import { describe, expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { LoginOptions } from '../../auth/index.ts'

async function login(options: readonly string[], stdin = '') {
  const calls: unknown[] = []
  const library = {
    async login({ signal: _, ...given }: LoginOptions) {
      calls.push(given)
      return { storedIn: '/auth.json' }
    },
  }
  const run = await runLading(['login', ...options, 'ghcr.io'], { library, stdin })
  return { ...run, calls }
}

describe('login', () => {
  test.each([
    ['--password', ['-u', 'me', '-p', 's3cret'], '', 's3cret'],
    ['--password-stdin', ['-u', 'me', '--password-stdin'], 's3cret', 's3cret'],
    ["--password-stdin, the line's end left out", ['-u', 'me', '--password-stdin'], 's3cret\r\n', 's3cret'],
    ['--password-stdin, spaces kept', ['-u', 'me', '--password-stdin'], ' s3 cret \n', ' s3 cret '],
  ])('takes %s', async (_, options, stdin, password) => {
    expect(await login(options, stdin)).toEqual({
      exit: 0,
      stdout: 'logged in to ghcr.io, kept in /auth.json\n',
      stderr: '',
      calls: [{ registry: 'ghcr.io', username: 'me', password }],
    })
  })

  test('hands on where to keep it and how to connect', async () => {
    const { calls } = await login(['-u=me', '-p=x', '--authfile=/a', '--cert-dir=/c', '--tls-verify=false'])
    const where = { authFile: '/a', certDir: '/c', tlsVerify: false }
    expect(calls).toEqual([{ registry: 'ghcr.io', username: 'me', password: 'x', ...where }])
  })

  test.each([
    ['both passwords', ['-u', 'me', '-p', 's3cret', '--password-stdin'], '', 'cannot be given together'],
    ['a password without its user', ['--password-stdin'], 's3cret', '--password-stdin needs --username'],
    ['nobody to ask for the user', [], '', 'no username is given, and there is no terminal to ask on'],
    ['nobody to ask for the password', ['-u', 'me'], '', 'no password is given'],
    ['an empty password', ['-u', 'me', '--password-stdin'], '\n', 'the password is empty'],
    ['an empty user', ['-u', '', '-p', 's3cret'], '', 'the username is empty'],
    ['a password of two lines', ['-u', 'me', '--password-stdin'], 's3cret\nmore\n', 'more than one line'],
  ])('refuses %s, and repeats no secret', async (_, options, stdin, message) => {
    const { exit, stdout, stderr, calls } = await login(options, stdin)
    expect({ exit, stdout, calls }).toEqual({ exit: 64, stdout: '', calls: [] })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('s3cret')
  })

  test('reads no more than a password can be', async () => {
    const { exit, stderr } = await login(['-u', 'me', '--password-stdin'], 'x'.repeat(65 * 1024))
    expect(exit).toBe(4)
    expect(stderr).toContain('the password is larger than 65536 bytes')
  })
})

describe('logout', () => {
  test.each([
    ['of a registry', ['ghcr.io'], { registry: 'ghcr.io' }, 'logged out of ghcr.io\n'],
    [
      'of all',
      ['--all', '--authfile=/a', '--tls-verify=false'],
      { all: true, authFile: '/a' },
      'logged out of all registries\n',
    ],
  ])('%s', async (_, argv, expected, stdout) => {
    const calls: unknown[] = []
    const library = { logout: async (options: unknown) => void calls.push(options) }
    expect(await runLading(['logout', ...argv], { library })).toEqual({ exit: 0, stdout, stderr: '' })
    expect(calls).toEqual([expected])
  })
})
