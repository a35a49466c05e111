import { expect, test } from 'vitest'
import { digestOf } from '../../../model/digest.ts'
import { openTestContext } from '../../../testing/registry-context.ts'
import { type Script, type ScriptedServer, startScriptedServer } from '../../../testing/scripted-server.ts'
import { parseRegistryReference } from '../reference.ts'
import { openRegistryClient } from '../registry-client.ts'
import { registrySignatures } from './registry-signatures.ts'

const manifest = digestOf(Buffer.from('{}'))
const [one, two] = [Buffer.from([0xa3, 1]), Buffer.from([0xa3, 2])]
const listed = `/extensions/v2/org/app/signatures/${manifest}`

/** What OpenShift's registry does, as the containers tools speak with it. */
function signatureRegistry(entries: unknown[], header = 'x-registry-supports-signatures'): Script {
  return async (request, response) => {
    response.setHeader(header, '1')
    if (request.path === '/v2/') return void response.end('{}')
    if (request.path !== listed) return void response.writeHead(404).end()
    if (request.method === 'PUT') {
      entries.push(JSON.parse((await request.body()).toString()))
      return void response.writeHead(201).end()
    }
    response.end(JSON.stringify({ signatures: entries }))
  }
}

async function withRegistry<T>(
  script: Script,
  use: (signatures: ReturnType<typeof registrySignatures>, server: ScriptedServer) => Promise<T>,
): Promise<T> {
  await using server = await startScriptedServer(script)
  await using context = openTestContext()
  const reference = parseRegistryReference(`${server.host}/org/app:v1`)
  const client = await openRegistryClient(server.host, context.context)
  return await use(registrySignatures(reference, client, 'pull,push', context.context), server)
}

test('a registry that keeps signatures is asked, and gets those that it has not', async () => {
  const entries: { name?: string }[] = []
  await withRegistry(signatureRegistry(entries), async (signatures, server) => {
    await signatures.write(manifest, [one], undefined)
    expect(server.log).toEqual(['GET /v2/', `GET ${listed}`, `PUT ${listed}`])
    await signatures.write(manifest, [one, two], undefined)
    expect(await signatures.read(manifest)).toEqual([one, two])
    const other = Buffer.from('\0sigstore-json\n{}')
    await expect(signatures.write(manifest, [other])).rejects.toMatchObject({ code: 'unsupported' })
  })
  const content = (bytes: Buffer) => ({ schemaVersion: 2, type: 'atomic', content: bytes.toString('base64') })
  expect(entries).toMatchObject([content(one), content(two)])
  for (const { name } of entries) expect(name).toMatch(new RegExp(`^${manifest}@[0-9a-f]{32}$`))
  expect(new Set(entries.map(({ name }) => name)).size).toBe(2)
})

test('what it keeps of another kind is none', async () => {
  const entries = [
    { schemaVersion: 3, name: 'a', type: 'atomic', content: 'oQ==' },
    { schemaVersion: 2, name: 'b', type: 'x', content: 'oQ==' },
    { schemaVersion: 2, name: 'c', type: 'atomic', content: one.toString('base64') },
  ]
  const found = await withRegistry(signatureRegistry(entries), async signatures => {
    await signatures.write(manifest, [one], undefined)
    return signatures.read(manifest)
  })
  expect(found).toEqual([one])
})

test.each([
  ['no JSON', (response: Parameters<Script>[1]) => response.end('<html>'), 'protocol-error'],
  ['no list', (response: Parameters<Script>[1]) => response.end('{"signatures":{}}'), 'protocol-error'],
  [
    'no base64',
    (response: Parameters<Script>[1]) => response.end('{"signatures":[{"schemaVersion":2,"name":"a","content":"!"}]}'),
    'protocol-error',
  ],
  ['a refusal', (response: Parameters<Script>[1]) => response.writeHead(403).end(), 'denied'],
])('%s is an error', async (_, answer, code) => {
  const script: Script = ({ path }, response) => {
    response.setHeader('x-registry-supports-signatures', '1')
    if (path === '/v2/') response.end()
    else answer(response)
  }
  await withRegistry(script, async signatures => {
    await expect(signatures.write(manifest, [one], undefined)).rejects.toMatchObject({ code })
  })
})

test('another registry is asked once, and its signatures are elsewhere', async () => {
  await withRegistry(signatureRegistry([], 'x-other'), async (signatures, server) => {
    expect(await signatures.read(manifest)).toEqual([])
    expect(server.log).toEqual([])
  })
})
