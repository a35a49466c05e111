import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { initializeTUFRepo, tufHandlers } from '@tufjs/repo-mock'
import { afterAll, expect, test } from 'vitest'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { close, listen } from '../../src/testing/listen.ts'
import { fetchTrustedRoot, readTrustedRoot } from '../../src/trust/sigstore/index.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { startSigstore } from './start-sigstore.ts'

const client = openHttpTestClient()
afterAll(() => client[Symbol.asyncDispose]())

type Change = (path: string, body: string) => string | number

/** A repository of TUF that holds a trusted root. What it answers can be changed. */
async function startRepository(trustedRoot: object) {
  const repo = initializeTUFRepo([{ name: 'trusted_root.json', content: Buffer.from(JSON.stringify(trustedRoot)) }])
  let handlers = new Map(
    tufHandlers(repo, { metadataPathPrefix: '', targetPathPrefix: '/targets' }).map(({ path: at, fn }) => [at, fn]),
  )
  let change: Change = (_, body) => body
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    asked.push(url)
    const { statusCode, response: body } = handlers.get(url)?.() ?? { statusCode: 404, response: '' }
    const changed = statusCode === 200 ? change(url, body.toString()) : ''
    if (typeof changed === 'number') response.writeHead(changed).end()
    else response.writeHead(statusCode).end(changed)
  })
  return {
    mirror: `http://${await listen(server)}`,
    root: Buffer.from(JSON.stringify(repo.rootMeta.toJSON())),
    asked,
    handlers,
    /** Whoever answers for the address may be another. */
    answerAs(other: { readonly handlers: typeof handlers }) {
      handlers = other.handlers
    },
    change(next: Change) {
      change = next
    },
    [Symbol.asyncDispose]: () => close(server),
  }
}

async function newEnvironment() {
  return { XDG_CACHE_HOME: await mkdtemp(path.join(temporaryFolder(), 'tuf-')) }
}

test('the trusted root of a repository is what follows from its first root, and it is kept', async () => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  const { mirror, root } = repository
  const environment = await newEnvironment()
  const first = await fetchTrustedRoot(client.http, { mirror, root, environment })
  expect(first.tlogs).toHaveLength(1)
  expect(first.certificateAuthorities).toHaveLength(1)
  const asked = repository.asked.length
  await fetchTrustedRoot(client.http, { mirror: `${mirror}/`.slice(0, -1), root, environment })
  // the target is here already
  expect(repository.asked.slice(asked).some(url => url.includes('target'))).toBe(false)
})

test('a repository that does not follow from the first root is not believed', async () => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  await using other = await startRepository(sigstore.trustedRoot)
  const refused = fetchTrustedRoot(client.http, {
    mirror: repository.mirror,
    root: other.root,
    environment: await newEnvironment(),
  })
  await expect(refused).rejects.toMatchObject({ code: 'untrusted' })
})

test.each([
  ['a changed target', 'trusted_root', (body: string) => body.replace('sigstore.mock', 'sigstore.evil'), 'untrusted'],
  ['changed metadata', 'targets.json', (body: string) => body.replace('trusted_root', 'trusted_r00t'), 'untrusted'],
  [
    'a date that is moved',
    'timestamp.json',
    (body: string) => body.replace(/"expires":"\d{4}/, '"expires":"2999'),
    'untrusted',
  ],
  ['no timestamp', 'timestamp.json', () => 404, 'untrusted'],
  ['a server that fails', 'timestamp.json', () => 500, 'server-error'],
] as const)('a repository with %s is refused', async (_, file, change, code) => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  let isChanged = false
  repository.change((url, body) => {
    if (!url.includes(file)) return body
    isChanged = true
    return change(body)
  })
  const { mirror, root } = repository
  const refused = fetchTrustedRoot(client.http, { mirror, root, environment: await newEnvironment() })
  await expect(refused).rejects.toMatchObject({ code })
  expect(isChanged).toBe(true)
})

test('what lies in the cache is not believed either', async () => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  const { mirror, root } = repository
  const environment = await newEnvironment()
  await fetchTrustedRoot(client.http, { mirror, root, environment })
  const cache = path.join(environment.XDG_CACHE_HOME, 'lading/tuf')
  const [name = ''] = await readdir(cache)
  const file = path.join(cache, name, 'targets', 'trusted_root.json')
  const kept = await readFile(file, 'utf8')
  await writeFile(file, kept.replace('sigstore.mock', 'sigstore.evil'))
  await fetchTrustedRoot(client.http, { mirror, root, environment })
  expect(await readFile(file, 'utf8')).toBe(kept)
})

test('a root in the cache is not believed, and one that was cut off harms nobody', async () => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  await using evil = await startRepository(sigstore.trustedRoot)
  const { mirror, root } = repository
  const environment = await newEnvironment()
  await fetchTrustedRoot(client.http, { mirror, root, environment })
  const cache = path.join(environment.XDG_CACHE_HOME, 'lading/tuf')
  const [name = ''] = await readdir(cache)
  await writeFile(path.join(cache, name, 'root.json'), root.subarray(0, 100))
  await fetchTrustedRoot(client.http, { mirror, root, environment })
  for (const file of await readdir(path.join(cache, name))) {
    if (file.endsWith('.json')) await rm(path.join(cache, name, file))
  }
  await writeFile(path.join(cache, name, 'root.json'), evil.root)
  repository.answerAs(evil)
  await expect(fetchTrustedRoot(client.http, { mirror, root, environment })).rejects.toMatchObject({
    code: 'untrusted',
  })
})

test('a later root is followed from the first, is kept, and is verified again', async () => {
  await using sigstore = await startSigstore()
  await using repository = await startRepository(sigstore.trustedRoot)
  const own = generateKeyPairSync('ed25519')
  const { keys: theirs } = JSON.parse(repository.root.toString()).signed
  const [theirId = ''] = Object.keys(theirs)
  const rootOf = (version: number, keyid: string) => {
    const role = (...keyids: string[]) => ({ keyids, threshold: 1 })
    const public_ = own.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
    const signed = {
      _type: 'root',
      consistent_snapshot: false,
      expires: new Date(Date.now() + 1e9).toISOString(),
      keys: { ...theirs, own: { keytype: 'ed25519', keyval: { public: public_ }, scheme: 'ed25519' } },
      roles: { root: role('own'), snapshot: role(keyid), targets: role(keyid), timestamp: role(keyid) },
      spec_version: '1.0.0',
      version,
    }
    const sig = sign(null, Buffer.from(canonical(signed)), own.privateKey).toString('hex')
    return JSON.stringify({ signed, signatures: [{ keyid: 'own', sig }] })
  }
  const first = { mirror: repository.mirror, root: Buffer.from(rootOf(1, 'own')), environment: await newEnvironment() }
  // what the first one does not say, the second does
  await expect(fetchTrustedRoot(client.http, first)).rejects.toMatchObject({ code: 'untrusted' })
  repository.handlers.set('/2.root.json', () => ({ statusCode: 200, response: rootOf(2, theirId) }))
  await fetchTrustedRoot(client.http, first)
  repository.asked.length = 0
  await fetchTrustedRoot(client.http, first)
  expect(repository.asked).not.toContain('/2.root.json')
  expect(repository.asked).toContain('/3.root.json')
  const cache = path.join(first.environment.XDG_CACHE_HOME, 'lading/tuf')
  const [name = ''] = await readdir(cache)
  const kept = path.join(cache, name, 'roots/2.root.json')
  await writeFile(kept, (await readFile(kept, 'utf8')).replace('"version":2', '"version":2,"x":1'))
  await expect(fetchTrustedRoot(client.http, first)).rejects.toMatchObject({
    code: 'untrusted',
    hint: expect.stringContaining(path.join(cache, name)),
  })
})

/** As TUF signs JSON: the fields in the order of their names, and two characters escaped. */
function canonical(value: unknown): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([key, content]) => `${JSON.stringify(key)}:${canonical(content)}`).join(',')}}`
}

test('a repository without a first root, and one in the clear, are not asked', async () => {
  const environment = await newEnvironment()
  await expect(fetchTrustedRoot(client.http, { mirror: 'https://tuf.example.com', environment })).rejects.toMatchObject(
    {
      code: 'bad-config',
    },
  )
  const inTheClear = fetchTrustedRoot(client.http, {
    mirror: 'http://tuf.example.com',
    root: Buffer.from('{}'),
    environment,
  })
  await expect(inTheClear).rejects.toMatchObject({ code: 'bad-argument' })
})

test('the trusted root of the public services is read', async () => {
  const { default: seeds } = await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } })
  const { targets } = seeds['https://tuf-repo-cdn.sigstore.dev']
  const root = await readTrustedRoot(Buffer.from(targets['trusted_root.json'], 'base64'))
  expect(root.certificateAuthorities.length).toBeGreaterThan(0)
  expect(root.tlogs.map(({ baseURL }) => baseURL)).toContain('https://rekor.sigstore.dev')
})
