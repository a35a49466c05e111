import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from '../../../model/digest.ts'
import { limits } from '../../../model/limits.ts'
import { openHttpTestClient } from '../../../testing/http-test-client.ts'
import { type Script, startScriptedServer } from '../../../testing/scripted-server.ts'
import { readLookaside, writeLookaside } from './lookaside.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-lookaside-'))
afterAll(() => rm(folder, { recursive: true }))

const manifest = digestOf(Buffer.from('{}'))
const signature = (text: string) => Buffer.concat([Buffer.from([0xa3]), Buffer.from(text)])
const [one, two] = [signature('1'), signature('2')]
const noServer = { http: async () => Promise.reject(new Error('no server is asked')) }
const base = (name: string) => new URL(`${pathToFileURL(path.join(folder, name)).href}/org/app`)

test('signatures are files, one for each', async () => {
  const store = base('files')
  expect(await readLookaside(store, manifest, noServer)).toEqual([])
  await writeLookaside(store, manifest, [one, two])
  expect(await readLookaside(store, manifest, noServer)).toEqual([one, two])
  const directory = path.join(folder, 'files/org', `app@${manifest.replace(':', '=')}`)
  expect((await readdir(directory)).sort()).toEqual(['signature-1', 'signature-2'])
  // what is too many goes
  await writeLookaside(store, manifest, [two])
  expect(await readdir(directory)).toEqual(['signature-1'])
  expect(await readLookaside(store, manifest, noServer)).toEqual([two])
  await writeLookaside(store, manifest, [])
  expect(await readLookaside(store, manifest, noServer)).toEqual([])
})

async function readServer(script: Script) {
  await using server = await startScriptedServer(script)
  await using client = openHttpTestClient()
  const access = { http: async () => client.http }
  const found = await readLookaside(new URL(`${server.origin}/store/app`), manifest, access)
  return { found, log: server.log }
}

test('a server is read up to the first that it has not, and never written', async () => {
  const { found, log } = await readServer(({ path: asked }, response) => {
    if (asked.endsWith('/signature-1')) response.end(one)
    else response.writeHead(404).end('none')
  })
  const directory = `/store/app@${manifest.replace(':', '=')}`
  expect({ found, log }).toEqual({
    found: [one],
    log: [`GET ${directory}/signature-1`, `GET ${directory}/signature-2`],
  })
  await expect(writeLookaside(new URL('https://s.test/app'), manifest, [one])).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('lookaside-staging'),
  })
})

test.each([
  ['a page', (_, response) => void response.end('<html>'), 'protocol-error'],
  ['nothing', (_, response) => void response.end(), 'protocol-error'],
  ['a refusal', (_, response) => void response.writeHead(403).end(), 'denied'],
  ['another status', (_, response) => void response.writeHead(410).end(), 'server-error'],
  ['no end', (_, response) => void response.end(one), 'too-large'],
  ['too much', (_, response) => void response.end(Buffer.alloc(limits.signatureBytes + 1, 0xa3)), 'too-large'],
] satisfies [string, Script, string][])('%s is an error', async (_, script, code) => {
  await expect(readServer(script)).rejects.toMatchObject({ code })
})

test('a URL of another machine’s file is none', async () => {
  await expect(readLookaside(new URL('file://host/x'), manifest, noServer)).rejects.toMatchObject({
    code: 'bad-config',
  })
})
