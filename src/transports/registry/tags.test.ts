import { expect, onTestFinished, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type Script, startScriptedServer } from '../../testing/scripted-server.ts'
import { openRegistryClient } from './registry-client.ts'
import { listTags } from './tags.ts'

async function list(script: Script): Promise<string[]> {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { context, ...rest } = openTestContext()
  onTestFinished(() => rest[Symbol.asyncDispose]())
  const tags: string[] = []
  for await (const tag of listTags(await openRegistryClient(server.host, context), 'a/b')) tags.push(tag)
  return tags
}

/** Pages of one tag each, linked as `link` says. */
const pages =
  (link: (last: string, host: string) => string): Script =>
  ({ query, headers }, response) => {
    const last = new URLSearchParams(query).get('last')
    const tag = last === null ? 'a' : last === 'a' ? 'b' : 'c'
    const next = tag === 'c' ? {} : { link: link(tag, headers.host ?? '') }
    response.writeHead(200, next).end(JSON.stringify({ tags: [tag] }))
  }

test.each<[string, (last: string, host: string) => string]>([
  ['relative', last => `</v2/a/b/tags/list?n=1&last=${last}>; rel="next"`],
  ['relative to the page', last => `<list?last=${last}>; rel=next`],
  ['whole', (last, host) => `<http://${host}/v2/a/b/tags/list?last=${last}>; rel="next"`],
  ['of the other scheme', (last, host) => `<https://${host}/v2/a/b/tags/list?last=${last}>; rel="next"`],
  ['among others', last => `</first>; rel="first", </v2/a/b/tags/list?last=${last}>; type="x"; rel="next"`],
])('pages whose Link is %s', async (_, link) => {
  expect(await list(pages(link))).toEqual(['a', 'b', 'c'])
})

test('one page, and one without tags', async () => {
  expect(await list((_, response) => void response.end('{"tags":["x","y"]}'))).toEqual(['x', 'y'])
  expect(await list((_, response) => void response.end('{"tags":null}'))).toEqual([])
})

test.each([
  ['a circle', pages(() => '</v2/a/b/tags/list?n=1000>; rel="next"'), 'protocol-error'],
  ['another host', pages(() => '<https://elsewhere.test/>; rel="next"'), 'protocol-error'],
  ['text', ((_, response) => void response.end('hello')) satisfies Script, 'protocol-error'],
  ['no repository', ((_, response) => void response.writeHead(404).end()) satisfies Script, 'image-not-found'],
])('%s is an error', async (_, script, code) => {
  await expect(list(script)).rejects.toMatchObject({ code })
})

test('a list without end is left', async () => {
  let pages = 0
  const endless: Script = (_, response) =>
    void response.writeHead(200, { link: `</v2/a/b/tags/list?last=${pages++}>; rel="next"` }).end('{"tags":[]}')
  await expect(list(endless)).rejects.toMatchObject({ code: 'too-large' })
  expect(pages).toBe(limits.emptyPages)
})

test('a circle that begins later is found', async () => {
  const circle: Script = ({ query }, response) => {
    const last = Number(new URLSearchParams(query).get('last') ?? 0)
    const next = last < 20 ? last + 1 : 14
    response.writeHead(200, { link: `</v2/a/b/tags/list?last=${next}>; rel="next"` }).end('{"tags":["a"]}')
  }
  await expect(list(circle)).rejects.toMatchObject({
    code: 'protocol-error',
    message: expect.stringContaining('circle'),
  })
})

test('a Link may be so long, and no longer', async () => {
  const linked =
    (length: number): Script =>
    (_, response) =>
      void response.writeHead(200, { link: '<'.repeat(length) }).end('{"tags":["a"]}')
  expect(await list(linked(limits.linkCharacters))).toEqual(['a'])
  await expect(list(linked(limits.linkCharacters + 1))).rejects.toMatchObject({ code: 'too-large' })
})
