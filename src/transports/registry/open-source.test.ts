import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { readAll } from '../../streams/index.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type Script, startScriptedServer } from '../../testing/scripted-server.ts'
import { openRegistrySource } from './open-source.ts'
import { parseRegistryReference } from './reference.ts'

const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const layer = Buffer.from('layer')
const blob: Node = { kind: 'layer', mediaType: 'x', digest: digestOf(layer), size: layer.byteLength }

/** A registry that has one image under every name, and the layer; the comment tells whose it is. */
const has =
  (comment: string): Script =>
  ({ method, path }, response) => {
    if (path.endsWith('/tags/list')) return void response.end(JSON.stringify({ tags: [comment] }))
    if (path.includes('/blobs/')) return void response.end(layer)
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, comment })
    response.writeHead(200, {
      'content-type': mediaType,
      'content-length': manifest.length,
      'docker-content-digest': digestOf(Buffer.from(manifest)),
    })
    response.end(method === 'HEAD' ? '' : manifest)
  }
const lacks: Script = (_, response) => void response.writeHead(404).end()
const busy: Script = (_, response) => void response.writeHead(503).end()

async function start(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

async function open(name: string, conf: string, authFile?: unknown) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'open-source-'))
  const registriesConf = path.join(folder, 'registries.conf')
  const auth = path.join(folder, 'auth.json')
  await writeFile(registriesConf, conf)
  await writeFile(auth, JSON.stringify(authFile ?? {}))
  const made = openTestContext()
  onTestFinished(() => made[Symbol.asyncDispose]())
  const warnings: string[] = []
  const context = {
    ...made.context,
    side: 'source',
    registriesConf,
    environment: { HOME: folder },
    credentials: { authFile: auth },
    warn: (message: string) => warnings.push(message),
  } as const
  const source = await openRegistrySource(parseRegistryReference(name), context)
  const comment = async () => {
    const root = await source.resolve()
    return JSON.parse(Buffer.from(await readAll(source.fetch(root), 1000, 'it')).toString()).comment
  }
  const readLayer = async () => Buffer.from(await readAll(source.fetch(blob), 1000, 'it')).toString()
  return { source, comment, readLayer, warnings, retries: made.retries }
}

const mirrored = (location: string, ...mirrors: string[]) =>
  `[[registry]]\nprefix = "logical.test/x"\nlocation = "${location}/own"\n${mirrors
    .map(mirror => `[[registry.mirror]]\nlocation = "${mirror}/mirrored"\n`)
    .join('')}`

test('all of an image comes from the first mirror that has it, each mirror is asked once, and the name stays', async () => {
  const servers = await Promise.all([start(has('own')), start(busy), start(lacks), start(has('third'))])
  const third = servers[3]
  const hosts = servers.map(({ host }) => host) as [string, ...string[]]
  const { source, comment, readLayer, warnings, retries } = await open('logical.test/x/app:v1', mirrored(...hosts))
  expect(source.name).toBe('logical.test/x/app:v1')
  expect(source.origin?.(blob)).toBeUndefined()
  expect(await comment()).toBe('third')
  expect(await readLayer()).toBe('layer')
  expect(source.origin?.(blob)).toEqual({ kind: 'repository', registry: third.host, repository: 'mirrored/app' })
  expect(servers.map(({ log }) => log.length)).toEqual([0, 1, 1, 3])
  expect(retries).toEqual([])
  expect(warnings).toEqual([
    expect.stringContaining(`the mirror ${hosts[1]}/mirrored/app:v1 of logical.test/x/app:v1 was passed over: `),
    expect.stringContaining(`the mirror ${hosts[2]}/mirrored/app:v1 of logical.test/x/app:v1 was passed over: `),
  ])
})

test('last comes the location, which is asked as often as any registry, and alone lists tags', async () => {
  let asked = 0
  const own = await start((request, response) => (asked++ < 2 ? busy : has('own'))(request, response))
  const mirror = await start(lacks)
  const { source, readLayer, comment, retries } = await open('logical.test/x/app:v1', mirrored(own.host, mirror.host))
  expect(await readLayer()).toBe('layer')
  expect(await comment()).toBe('own')
  expect(retries).toHaveLength(2)
  expect(mirror.log).toEqual(['HEAD /v2/mirrored/app/manifests/v1'])
  expect(await Array.fromAsync(source.tags?.() ?? [])).toEqual(['own'])
})

test('where none has it the error is that of the location, and names the mirrors', async () => {
  const [own, mirror] = [await start(lacks), await start(busy)]
  const { source } = await open('logical.test/x/app:v1', mirrored(own.host, mirror.host))
  await expect(source.resolve()).rejects.toMatchObject({
    code: 'image-not-found',
    message: expect.stringMatching(
      `${own.host}/own/app has no tag v1; ${mirror.host}/mirrored/app:v1 failed too: .*503`,
    ),
  })
})

test('an interruption is no reason to ask another mirror', async () => {
  const interruption = new AbortController()
  const mirror = await start(() => interruption.abort(new Error('enough')))
  const own = await start(has('own'))
  const { source } = await open('logical.test/x/app:v1', mirrored(own.host, mirror.host))
  await expect(source.resolve(interruption.signal)).rejects.toThrow('enough')
  expect(own.log).toEqual([])
})

test('what is blocked is not asked, but its mirrors are', async () => {
  const [own, mirror] = [await start(has('own')), await start(has('mirror'))]
  const blocked = `[[registry]]\nlocation = "${own.host}"\nblocked = true\n`
  await expect(open(`${own.host}/app:v1`, blocked)).rejects.toMatchObject({
    code: 'blocked',
    side: 'source',
    message: expect.stringContaining(`blocks ${own.host}`),
  })
  const { comment } = await open(`${own.host}/app:v1`, `${blocked}[[registry.mirror]]\nlocation = "${mirror.host}"`)
  expect(await comment()).toBe('mirror')
  expect(own.log).toEqual([])
})

test('a short name is searched in the order of the registries, and then has the name of where it was found', async () => {
  const [first, second] = [await start(lacks), await start(has('second'))]
  const search = `unqualified-search-registries = ["${first.host}", "${second.host}"]`
  const { source, comment } = await open('app:v1', search)
  expect(source.name).toBe(`${second.host}/app:v1`)
  expect(await comment()).toBe('second')
  await expect(
    open('app:v1', `unqualified-search-registries = ["${first.host}", "${first.host}"]`),
  ).rejects.toMatchObject({
    code: 'image-not-found',
    message: expect.stringContaining(`${first.host}/app:v1 was searched too: `),
  })
})

test('a mirror is shown its own credentials, and no others', async () => {
  const asks: Script = (request, response) => {
    if (request.headers.authorization !== undefined) return has('mirror')(request, response)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
  }
  const mirror = await start(asks)
  const conf = mirrored('127.0.0.1:1', mirror.host)
  const auths = { auths: { 'logical.test': { auth: btoa('own:secret') }, [mirror.host]: { auth: btoa('its:secret') } } }
  const { comment } = await open('logical.test/x/app:v1', conf, auths)
  expect(await comment()).toBe('mirror')
  const sent = mirror.requests.map(({ headers }) => headers.authorization)
  expect(new Set(sent)).toEqual(new Set([undefined, `Basic ${btoa('its:secret')}`]))
})
