import { expect, onTestFinished, test } from 'vitest'
import { type Digest, digestOf } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { ociIndex, ociManifest } from '../../model/media-types.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type Script, startScriptedServer } from '../../testing/scripted-server.ts'
import { listReferrers } from './list-referrers.ts'
import { openRegistryClient } from './registry-client.ts'

const subject = digestOf(Buffer.from('subject'))

async function list(script: Script): Promise<readonly Digest[] | undefined> {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { context, ...rest } = openTestContext()
  onTestFinished(() => rest[Symbol.asyncDispose]())
  const client = await openRegistryClient(server.host, context)
  const found = await listReferrers({ client, access: { repository: 'a/b', actions: 'pull' } }, subject, undefined)
  return found?.map(({ digest }) => digest)
}

const entry = (text: string) => ({ mediaType: ociManifest, digest: digestOf(Buffer.from(text)), size: 1 })
const page = (manifests: readonly unknown[] | null) =>
  JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests })
const index = { 'content-type': ociIndex }

test('pages one after the other', async () => {
  const script: Script = ({ path, query }, response) => {
    expect(path).toBe(`/v2/a/b/referrers/${subject}`)
    const at = Number(new URLSearchParams(query).get('page') ?? 0)
    const link = at === 2 ? {} : { link: `<?page=${at + 1}>; rel="next"` }
    response.writeHead(200, { ...index, ...link }).end(page([entry(`at ${at}`)]))
  }
  expect(await list(script)).toEqual([0, 1, 2].map(at => entry(`at ${at}`).digest))
})

test.each<[string, number, Record<string, string>, string, boolean]>([
  ['nothing', 200, index, page([]), true],
  ['null', 200, index, page(null), true],
  ['a list that calls itself JSON', 200, { 'content-type': 'application/json' }, page([]), true],
  ['no such API', 404, {}, '404 page not found', false],
  ['an API that is something else', 400, {}, '', false],
  ['a page for people', 200, { 'content-type': 'text/html' }, '<html>', false],
])('%s', async (_, status, headers, body, isListed) => {
  const found = await list((_, response) => void response.writeHead(status, headers).end(body))
  expect(found).toEqual(isListed ? [] : undefined)
})

test.each<[string, Script, string]>([
  [
    'a circle',
    (_, response) => void response.writeHead(200, { ...index, link: '<?>; rel="next"' }).end(page([])),
    'protocol-error',
  ],
  [
    'a circle of two',
    ({ query }, response) =>
      void response.writeHead(200, { ...index, link: `<?p=${query === 'p=1' ? 2 : 1}>; rel="next"` }).end(page([])),
    'protocol-error',
  ],
  [
    'what is no index',
    (_, response) => void response.writeHead(200, index).end('{"schemaVersion":2,"layers":[],"config":{}}'),
    'bad-manifest',
  ],
  ['what is no JSON', (_, response) => void response.writeHead(200, index).end('hello'), 'bad-manifest'],
  ['a list that is not for us', (_, response) => void response.writeHead(403).end(), 'denied'],
  [
    'a list that does not go on',
    ({ query }, response) =>
      query === ''
        ? void response.writeHead(200, { ...index, link: '<?p=2>; rel="next"' }).end(page([entry('a')]))
        : void response.writeHead(404).end(),
    'protocol-error',
  ],
])('%s is an error', async (_, script, code) => {
  await expect(list(script)).rejects.toMatchObject({ code })
})

test('so many are taken and no more', async () => {
  const entries = Array.from({ length: limits.referrers + 1 }, (_, at) => entry(`${at}`))
  const script =
    (count: number): Script =>
    (_, response) =>
      void response.writeHead(200, index).end(page(entries.slice(0, count)))
  expect(await list(script(limits.referrers))).toHaveLength(limits.referrers)
  await expect(list(script(limits.referrers + 1))).rejects.toMatchObject({ code: 'too-large' })
})
