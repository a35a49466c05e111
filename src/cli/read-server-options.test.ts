import { describe, expect, test } from 'vitest'
import { copied } from '../../test/cli/images.ts'
import { runLading } from '../../test/cli/run-lading.ts'
import type { CopyOptions, SessionOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'

async function copyServers(argv: readonly string[]) {
  let options: CopyOptions = {}
  const run = await runLading(['copy', ...argv, 'a', 'b'], {
    library: {
      async copyImage(_source, _destination, given = {}) {
        options = given
        return copied
      },
    },
  })
  expect(run.stderr).toBe('')
  const { sourceServer, destinationServer } = options
  return { sourceServer, destinationServer }
}

async function inspectServer(argv: readonly string[]) {
  let options: SessionOptions = {}
  await runLading(['inspect', ...argv, 'a'], {
    library: {
      async inspectImage(_reference, given = {}) {
        options = given
        throw new LadingError('network', 'enough')
      },
    },
  })
  return options.sourceServer
}

const me = { username: 'me', password: 's3cret' }

describe('a server is spoken to as the options say', () => {
  test.each<[string, string[], object]>([
    ['a user', ['--src-creds', 'me:s3cret'], { credential: me }],
    ['a password with colons', ['--src-creds=me:a:b:'], { credential: { username: 'me', password: 'a:b:' } }],
    ['a user without a password', ['--src-creds=me'], { credential: { username: 'me', password: '' } }],
    ['the last of two users', ['--src-creds=x:y', '--src-creds=me:s3cret'], { credential: me }],
    ['a user in two options', ['--src-username=me', '--src-password=s3cret'], { credential: me }],
    ['an empty password', ['--src-username=me', '--src-password='], { credential: { username: 'me', password: '' } }],
    ['nobody', ['--src-no-creds'], { credential: 'anonymous' }],
    ['a user, and not nobody', ['--src-no-creds=false', '--src-creds=me:s3cret'], { credential: me }],
    ['a token', ['--src-registry-token', 'abc.def'], { credential: { registryToken: 'abc.def' } }],
    ['a token before a user', ['--src-registry-token=t', '--src-creds=me:x'], { credential: { registryToken: 't' } }],
    ['a token before nobody', ['--src-registry-token=t', '--src-no-creds'], { credential: { registryToken: 't' } }],
    ['a file', ['--src-authfile', '/a'], { authFile: '/a' }],
    ['certificates', ['--src-cert-dir', '/c'], { certDir: '/c' }],
    ['certificates that are not checked', ['--src-tls-verify=false'], { tlsVerify: false }],
  ])('%s', async (_, options, server) => {
    expect(await copyServers(options)).toEqual({ sourceServer: server, destinationServer: {} })
    const other = options.map(word => word.replace(/^--src-/, '--dest-'))
    expect(await copyServers(other)).toEqual({ sourceServer: {}, destinationServer: server })
    expect(await inspectServer(options.map(word => word.replace(/^--src-/, '--')))).toEqual(server)
  })

  test('another one on each side', async () => {
    expect(await copyServers(['--src-no-creds', '--dest-creds=me:s3cret'])).toEqual({
      sourceServer: { credential: 'anonymous' },
      destinationServer: { credential: me },
    })
  })
})

describe('a server cannot be spoken to as the options say', () => {
  test.each<[string[], string]>([
    [['creds=me:s3cret', 'no-creds'], 'PREcreds and PREno-creds cannot be given together'],
    [['username=me', 'password=s3cret', 'no-creds'], 'PREusername and PREno-creds cannot be given together'],
    [['creds=me:s3cret', 'username=me'], 'PREcreds and PREusername cannot be given together'],
    [['creds=me:s3cret', 'password=s3cret'], 'PREcreds and PREpassword cannot be given together'],
    [['username=me'], 'PREusername needs PREpassword'],
    [['password=s3cret'], 'PREpassword needs PREusername'],
    [['creds='], 'PREcreds names no user'],
    [['creds=:s3cret'], 'PREcreds names no user'],
    [['username=', 'password=s3cret'], 'PREusername names no user'],
    [['registry-token='], 'PREregistry-token is empty'],
    [['registry-token=s3cret\n'], 'PREregistry-token is not a token'],
  ])('%j', async (options, message) => {
    for (const [prefix, argv] of [
      ['--src-', ['copy', 'a', 'b']],
      ['--dest-', ['copy', 'a', 'b']],
      ['--', ['inspect', 'a']],
    ] as const) {
      const { exit, stderr } = await runLading([...argv, ...options.map(option => prefix + option)])
      expect(exit).toBe(64)
      expect(stderr).toContain(message.replaceAll('PRE', prefix))
      expect(stderr).not.toContain('s3cret')
    }
  })
})
