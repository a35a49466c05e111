import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseRegistryReference } from '../reference.ts'
import { loadRegistriesD } from './load-registries-d.ts'
import { parseRegistriesD } from './parse-registries-d.ts'
import { readSignaturePlaces, signaturePlaces } from './signature-places.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-registries-d-'))
afterAll(() => rm(folder, { recursive: true }))

const parse = (...contents: string[]) =>
  parseRegistriesD(contents.map((content, at) => ({ path: `${at}.yaml`, content })))
const places = (content: string, name = 'example.com/a/b:1') =>
  signaturePlaces(parseRegistryReference(name), parse(content), { HOME: '/home/u' })
const at = (namespace: string) => `docker:\n  "${namespace}":\n    lookaside: https://s.test/x/`

test.each([
  ['the image', 'example.com/a/b:1'],
  ['its repository', 'example.com/a/b'],
  ['what holds that', 'example.com/a'],
  ['its registry', 'example.com'],
  ['a domain', '*.com'],
])('a place is found by %s', (_, namespace) => {
  expect(places(at(namespace)).read.href).toBe('https://s.test/x/a/b')
})

test.each(['example.com/a/b:2', 'example.com/a/bc', 'example', '*.example.com', 'a/b', ''])('not by %j', namespace => {
  expect(places(at(namespace)).read.protocol).toBe('file:')
})

test('the port of a registry is a part of its name, and of no domain', () => {
  expect(places(at('r.test:5000'), 'r.test:5000/b').read.href).toBe('https://s.test/x/b')
  expect(places(at('*.test'), 'r.test:5000/b').read.href).toBe('https://s.test/x/b')
  expect(places(at('r.test'), 'r.test:5000/b').read.protocol).toBe('file:')
})

test('an image without a tag is found by its digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(places(at(`example.com/b@${digest}`), `example.com/b@${digest}`).read.href).toBe('https://s.test/x/b')
})

test('the narrowest that says a thing says it', () => {
  const text = `
default-docker:
  lookaside: file:///all
  lookaside-staging: file:///staging
docker:
  example.com:
    sigstore: http://s.test
    use-sigstore-attachments: true
  example.com/a:
    sigstore-staging: file:///own
  example.com/a/b:
    use-sigstore-attachments: false
    something: else
`
  const { read, write, useSigstoreAttachments } = places(text)
  expect([read.href, write.href, useSigstoreAttachments]).toEqual(['http://s.test/a/b', 'file:///own/a/b', false])
  const above = places(text, 'example.com/c:1')
  // a place to read is one to write, before what is said more widely
  expect([above.write.href, above.useSigstoreAttachments]).toEqual(['http://s.test/c', true])
  expect(places(text, 'other.test/c:1')).toMatchObject({ useSigstoreAttachments: false })
  expect(places(text, 'other.test/c:1').write.href).toBe('file:///staging/c')
})

test('without any it is that of the containers tools', () => {
  const { read, write } = places('')
  const folders = ['/var/lib/containers/sigstore/a/b', '/home/u/.local/share/containers/sigstore/a/b']
  expect(folders).toContain(read.pathname)
  expect(write.href).toBe(read.href)
})

test.each([
  ['no URL', 'default-docker: {lookaside: /var/lib}', '"/var/lib" is no place'],
  ['another scheme', 'default-docker: {lookaside: "s3://x"}', '"s3://x" is no place'],
])('%s is refused', (_, content, why) => {
  expect(() => places(content)).toThrow(
    expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(why) }),
  )
})

test.each([
  ['no YAML', ['a: [']],
  ['a list', ['[]']],
  ['a wrong type', ['docker: {a: {lookaside: [1]}}']],
  ['a namespace in two files', ['docker: {a: {}}', 'docker: {a: {}}']],
  ['a namespace twice', ['docker: {a: {}, a: {}}']],
  ['two defaults', ['default-docker: {}', 'default-docker: {lookaside: file:///x}']],
])('%s is refused', (_, contents) => {
  expect(() => parse(...contents)).toThrow(expect.objectContaining({ code: 'bad-config' }))
})

test('files are those of the folder that is named, else the user’s', async () => {
  const user = path.join(folder, '.config/containers/registries.d')
  const named = path.join(folder, 'named')
  await mkdir(user, { recursive: true })
  await mkdir(named)
  await writeFile(path.join(user, 'a.yaml'), at('user.test'))
  await writeFile(path.join(user, 'b.yaml'), at('more.test'))
  await writeFile(path.join(user, 'c.conf'), '[')
  await writeFile(path.join(named, 'a.yaml'), at('named.test'))
  const environment = { HOME: folder }
  const namespaces = async (registriesD?: string) => [
    ...(await loadRegistriesD({ environment, registriesD })).namespaces.keys(),
  ]
  expect(await namespaces()).toEqual(['user.test', 'more.test'])
  expect(await namespaces(named)).toEqual(['named.test'])
  expect(await namespaces(path.join(folder, 'absent'))).toEqual([])
  const { read } = await readSignaturePlaces(parseRegistryReference('user.test/x'), { environment })
  expect(read.href).toBe('https://s.test/x/x')
  await expect(loadRegistriesD({ environment, registriesD: path.join(named, 'a.yaml') })).resolves.toMatchObject({})
})
