import { describe, expect, test } from 'vitest'
import { parseSyncFile, readSyncFile } from './sync-file.ts'

const parse = async (text: string) => {
  const warnings: string[] = []
  const registries = await parseSyncFile(text, 'sync.yml', message => warnings.push(message))
  return { registries, warnings }
}

test('a file as the manual of skopeo-sync shows it', async () => {
  const digest = `sha256:${'0'.repeat(64)}`
  const { registries, warnings } = await parse(`
registry.example.com:
    images:
        busybox: []
        redis:
            - 1.0
            - "2.0"
            - ${digest}
    images-by-tag-regex:
        nginx: ^1\\.13\\.[12]-alpine-perl$
    images-by-semver:
        alpine: ">= 3.12.0"
    credentials:
        username: john
        password: this is a secret
    tls-verify: true
    cert-dir: /home/john/certs
quay.io:
    tls-verify: no
    images:
        coreos/etcd:
            - latest
`)
  expect(warnings).toEqual([])
  const [first, second] = registries
  expect(first).toMatchObject({
    registry: 'registry.example.com',
    credentials: { username: 'john', password: 'this is a secret' },
    tlsVerify: true,
    certDir: '/home/john/certs',
  })
  expect(second).toEqual({
    registry: 'quay.io',
    tlsVerify: false,
    repositories: [{ repository: 'coreos/etcd', wanted: ['latest'] }],
  })
  const tags = ['1.13.1-alpine-perl', '3.12.1', '3.11', 'latest']
  expect(
    first?.repositories.map(({ repository, wanted }) => [
      repository,
      typeof wanted === 'function' ? tags.filter(wanted) : wanted,
    ]),
  ).toEqual([
    ['busybox', tags],
    // as it was written, and no number
    ['redis', ['1.0', '2.0', digest]],
    ['nginx', ['1.13.1-alpine-perl']],
    ['alpine', ['3.12.1']],
  ])
})

test('what is empty is not there, and a part may be taken from elsewhere', async () => {
  const { registries, warnings } = await parse(
    'a.io: &a\n  images: {app: , other: ~, third: null}\n  credentials:\nb.io:\n  <<: *a\n  tls-verify: False\nc.io:\n',
  )
  expect(registries.map(({ registry, repositories }) => [registry, repositories.length])).toEqual([
    ['a.io', 3],
    ['b.io', 3],
    ['c.io', 0],
  ])
  expect(registries[1]).toMatchObject({ tlsVerify: false })
  expect(warnings).toEqual(['sync.yml: c.io names no images'])
})

test('a key that means nothing is told of', async () => {
  const { warnings } = await parse('a.io: {images: {app: []}, images-by-regex: {app: x}}')
  expect(warnings).toEqual([expect.stringContaining('a.io has "images-by-regex", which means nothing')])
})

describe('a mistake is told with its place, and no value with it', () => {
  test.each([
    ['a: [', 'at line 1'],
    ['a.io: {}\na.io: {}', 'Map keys must be unique at line 2'],
    ['- a.io', 'not a list of registries'],
    ['a.io', 'not a list of registries'],
    ['a.io: [app]', 'a.io: should be a mapping'],
    ['a.io: {images: [app]}', 'a.io: images should be a mapping'],
    ['a.io: {images: {app: v1}}', 'a.io: images.app should be a list'],
    ['a.io: {images: {app: [[v1]]}}', 'a.io: images.app.0 should be text'],
    ['a.io: {images-by-semver: {app: [v1]}}', 'a.io: images-by-semver.app should be text'],
    ['a.io: {images-by-semver: {app: newest}}', 'a.io: images-by-semver: app: "newest" is not a version constraint'],
    ['a.io: {images-by-tag-regex: {app: "("}}', 'a.io: images-by-tag-regex: app: "(" is not a regular expression'],
    ['a.io: {tls-verify: maybe}', 'a.io: tls-verify is not true or false'],
    ['a.io: {credentials: {username: u, password: [secret]}}', 'a.io: credentials.password should be text'],
    ['a.io: {credentials: secret}', 'a.io: credentials should be a mapping'],
  ])('%j', async (text, message) => {
    const failure = await parse(text).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({
      code: 'bad-argument',
      subject: 'sync.yml',
      message: expect.stringContaining(message),
    })
    expect(String(failure)).not.toContain('secret')
  })
})

test('a file that is not there', async () => {
  await expect(readSyncFile('absent.yml', () => {})).rejects.toMatchObject({ code: 'io', subject: 'absent.yml' })
})

test.each([
  ['an alias of nothing', 'a: *b'],
  ['something else than a mapping behind <<', 'a:\n  <<: 1'],
  [
    'aliases of aliases',
    `a: &a [x]\n${[...'bcdefghij'].map((to, at) => `${to}: &${to} [${'*abcdefghij'[0]}${'abcdefghij'[at]}${`, *${'abcdefghij'[at]}`.repeat(9)}]`).join('\n')}`,
  ],
  ['a nesting of thousands', '['.repeat(20_000)],
])('%s is an error that names the file', async (_, text) => {
  await expect(parse(text)).rejects.toMatchObject({ code: 'bad-argument', subject: 'sync.yml' })
})
