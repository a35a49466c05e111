import { describe, expect, test } from 'vitest'
import { credentialInFile, parseAuthFile } from './auth-file.ts'
import { authFilePaths } from './auth-file-paths.ts'

const entry = (user: string) => ({ auth: btoa(`${user}:secret`) })

function find(auths: Record<string, unknown>, registry: string, repository?: string): unknown {
  const credential = credentialInFile(parseAuthFile(JSON.stringify({ auths }), 'auth.json'), registry, repository)
  return credential?.kind === 'password' ? credential.username : credential
}

describe('the key that fits', () => {
  const auths = {
    'r.test/a/b': entry('b'),
    'r.test/a': entry('a'),
    'r.test': entry('host'),
    'https://url.test/v1/': entry('url'),
    'https://index.docker.io/v1/': entry('hub'),
    'Upper.test:5000': entry('upper'),
    'empty.test': {},
  }
  test.each([
    ['r.test', 'a/b', 'b'],
    ['r.test', 'a/b/c', 'b'],
    ['r.test', 'a/x', 'a'],
    ['r.test', 'ab', 'host'],
    ['r.test', undefined, 'host'],
    ['r.test:5000', 'a/b', undefined],
    ['url.test', 'x', 'url'],
    ['docker.io', 'library/alpine', 'hub'],
    ['upper.test:5000', 'x', 'upper'],
    ['empty.test', 'x', undefined],
    ['other.test', 'x', undefined],
  ])('for %s/%s is that of %s', (registry, repository, expected) => {
    expect(find(auths, registry, repository)).toBe(expected)
  })

  test('a containers key for Docker Hub comes before the old URL', () => {
    expect(
      find({ 'https://index.docker.io/v1/': entry('old'), 'docker.io': entry('new') }, 'docker.io', 'library/a'),
    ).toBe('new')
  })
})

test.each([
  ['a password with colons', { auth: btoa('u:a:b') }, { kind: 'password', username: 'u', password: 'a:b' }],
  ['a password padded with NUL', { auth: btoa('u:p\0\0') }, { kind: 'password', username: 'u', password: 'p' }],
  ['user and password apart', { username: 'u', password: 'p' }, { kind: 'password', username: 'u', password: 'p' }],
  [
    'an identity token',
    { auth: btoa('00:'), identitytoken: 't' },
    { kind: 'identity-token', username: '00', token: 't' },
  ],
  ['an identity token alone', { identitytoken: 't' }, { kind: 'identity-token', username: '<token>', token: 't' }],
  ['a registry token', { ...entry('u'), registrytoken: 't' }, { kind: 'registry-token', token: 't' }],
])('%s', (_, written, expected) => {
  expect(credentialInFile(parseAuthFile(JSON.stringify({ auths: { 'r.test': written } }), 'f'), 'r.test', 'a')).toEqual(
    expected,
  )
})

test('a byte order mark, CRLF, an empty file and unknown fields are accepted', () => {
  const text = `\uFEFF{\r\n "auths": {"r.test": {"auth": "${btoa('u:p')}", "email": ""}},\r\n "HttpHeaders": {}\r\n}\r\n`
  expect(credentialInFile(parseAuthFile(text, 'f'), 'r.test', 'a')).toMatchObject({ username: 'u' })
  expect(parseAuthFile('', 'f').auths.size).toBe(0)
})

test.each([
  ['text', 'secret'],
  ['an array', '["secret"]'],
  ['a wrong type', '{"auths": {"r.test": {"auth": ["secret"]}}}'],
  ['no base64 of user and password', '{"auths": {"r.test": {"auth": "secret"}}}'],
])('a file with %s is named, and not quoted', (_, content) => {
  const read = () => credentialInFile(parseAuthFile(content, '/home/me/auth.json'), 'r.test', 'a')
  expect(read).toThrow(
    expect.objectContaining({
      code: 'bad-auth-file',
      subject: '/home/me/auth.json',
      message: expect.not.stringContaining('secret'),
    }),
  )
})

describe('the files that are read', () => {
  const home = { HOME: '/h' }
  const usual = ['/h/.config/containers/auth.json', '/h/.docker/config.json']
  test.runIf(process.platform === 'linux').each([
    ['usual', home, undefined, [`/run/containers/${process.getuid?.()}/auth.json`, ...usual]],
    ['with XDG_RUNTIME_DIR', { ...home, XDG_RUNTIME_DIR: '/x' }, undefined, ['/x/containers/auth.json', ...usual]],
    [
      'with folders of their own',
      { ...home, XDG_RUNTIME_DIR: '/x', XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' },
      undefined,
      ['/x/containers/auth.json', '/c/containers/auth.json', '/d/config.json'],
    ],
    ['with REGISTRY_AUTH_FILE', { ...home, REGISTRY_AUTH_FILE: '/r' }, undefined, ['/r']],
    ['with --authfile', { ...home, REGISTRY_AUTH_FILE: '/r' }, '/a', ['/a']],
  ])('%s', (_, environment, authFile, expected) => {
    expect(authFilePaths({ environment, authFile })).toEqual(expected)
  })
})
