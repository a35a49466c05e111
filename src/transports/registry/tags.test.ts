import { expect, onTestFinished, test } from 'vitest'
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
