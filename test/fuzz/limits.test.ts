import { expect, test } from 'vitest'
import { parseChallenges } from '../../src/auth/challenge.ts'
import { requestToken } from '../../src/auth/token-request.ts'
import { runTemplate } from '../../src/cli/dialects/go-template/run-template.ts'
import { DirectPool } from '../../src/http/direct/index.ts'
import type { HttpClient } from '../../src/http/index.ts'
import { readCondemned } from '../../src/layout/condemned-blobs.ts'
import { readBucketConfig, readHistory, readLeases, readVariants } from '../../src/layout/index.ts'
import { condemnedPrefix, configKey, layerKey, leasesPrefix, tagKeys } from '../../src/layout/keys.ts'
import type { Digest } from '../../src/model/digest.ts'
import { limits } from '../../src/model/limits.ts'
import { parseManifest } from '../../src/model/manifest.ts'
import { downloadRelease, readRelease } from '../../src/scan/fetch-release.ts'
import { runScanner } from '../../src/scan/run-scanner.ts'
import { identityHttpClient } from '../../src/stores/azure/sdk-http.ts'
import { anonymous } from '../../src/stores/gcs/credentials.ts'
import { GcsClient } from '../../src/stores/gcs/gcs-client.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { HttpClientHandler } from '../../src/stores/s3/http-handler.ts'
import { zstdFrames } from '../../src/streams/compression/zstd-frames.ts'
import { readAll } from '../../src/streams/index.ts'
import { createEntryLimit, readTar } from '../../src/streams/tar/index.ts'
import { inChunks } from '../../src/testing/archive-readers.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { type Script, startScriptedServer } from '../../src/testing/scripted-server.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { parseWrappedKeys } from '../../src/transform/encryption/wrapped-keys.ts'
import { collectArchive } from '../../src/transports/archive/collect-archive.ts'
import { openEngine } from '../../src/transports/docker-daemon/engine.ts'
import { readLoadAnswer } from '../../src/transports/docker-daemon/load-answer.ts'
import { runProgram } from '../../src/transports/programs/run-program.ts'
import type { RegistryClient } from '../../src/transports/registry/registry-client.ts'
import { listTags } from '../../src/transports/registry/tags.ts'
import { parseReference } from '../../src/transports/table.ts'
import type { TransportContext } from '../../src/transports/transport.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { answeringClient, nextAnswer, readAnswer } from './answers.ts'
import { openCostlyKey } from './open-costly-key.ts'
import { withHead } from './with-head.ts'

/** Takes so much. Whether all of it was taken; what it throws is a refusal. */
type Take = (amount: number) => Promise<boolean>

const digest: Digest = `sha256:${'a'.repeat(64)}`
const spaces = (amount: number, text: string) => `${text}${' '.repeat(amount - text.length)}`
const answer = (amount: number, text: string) => answeringClient(Buffer.from(`200\n\n${spaces(amount, text)}`))

async function stored(key: string, text: string) {
  const store = memoryStore()
  await store.put(key, Buffer.from(text))
  return store
}

/** A client of a registry that answers so. */
function tagsClient(page: (number: number) => { readonly link?: string; readonly body: string }): RegistryClient {
  let pages = 0
  const ask = async () => {
    const { link, body } = page(++pages)
    const head = link === undefined ? '200' : `200\nlink: <${link}>; rel="next"`
    return readAnswer(Buffer.from(`${head}\n\n${body}`), 'https://registry.test/v2/a/tags/list')
  }
  return { ask, session: { registry: 'registry.test' } } as unknown as RegistryClient // all that is used of it
}

async function tagsOf(client: RegistryClient): Promise<number> {
  let count = 0
  for await (const _ of listTags(client, 'a')) count++
  return count
}

async function asked(script: Script, ask: (http: HttpClient, origin: string) => Promise<boolean>): Promise<boolean> {
  await using server = await startScriptedServer(script)
  await using client = openHttpTestClient()
  return await ask(client.http, server.origin)
}

async function directly(url: string): Promise<boolean> {
  using pool = new DirectPool()
  const request = { url, headers: {}, tlsVerify: true, route: undefined }
  return (await pool.get(request, { head: () => true, bytes: () => true }, new AbortController().signal)) === 'whole'
}

const daemon = (bytes: Uint8Array) => {
  const http = answeringClient(bytes)
  const context = { http: async () => http, daemonHost: 'tcp://daemon.test:1', environment: {} }
  return openEngine(context as unknown as TransportContext) // all that is used of it
}

/** Of each limit what tries it, or the test that does. */
const cases: Readonly<Record<keyof typeof limits, Take | string>> = {
  manifestBytes: async amount => {
    const config = { mediaType: 'x', digest, size: 1 }
    const text = JSON.stringify({ schemaVersion: 2, config, layers: [] })
    return parseManifest(Buffer.from(spaces(amount, text))).kind === 'manifest'
  },
  manifestDepth: 'src/copy/choose-root.test.ts',
  signatureBytes: 'src/trust/simple-signing/verify-simple-signature.test.ts',
  signatures: 'src/transports/registry/signatures/lookaside.test.ts',
  manifestNodes: 'src/copy/plan-limits.test.ts',
  jsonDepth: 'src/model/read-json.test.ts',
  headerBytes: amount =>
    withHead(amount, async origin => {
      await using client = openHttpTestClient()
      await (await client.http.request({ method: 'GET', url: origin })).discard()
      return true
    }),
  challengeCharacters: async amount =>
    parseChallenges(`${' '.repeat(amount - 5)}basic`).length === 1 && amount <= limits.challengeCharacters,
  linkCharacters: 'src/transports/registry/tags.test.ts',
  redirects: amount => {
    let left = amount
    const script: Script = (_, response) =>
      void (left-- > 0 ? response.writeHead(302, { location: '/' }).end() : response.end())
    return asked(script, async (http, url) => (await http.request({ method: 'GET', url })).status === 200)
  },
  errorBytes: amount =>
    asked(
      (_, response) => void response.writeHead(404).end('x'.repeat(amount)),
      async (http, url) => {
        const { body } = await http.request({ method: 'GET', url })
        return (await readAll(body, amount, 'it')).byteLength === amount
      },
    ),
  tokenBytes: async amount => {
    const http = answer(amount, '{"token":"t"}')
    const registry = { realm: new URL('https://t.test/'), namedBy: 'https://r.test', service: undefined, scopes: [] }
    return (
      (await requestToken(http, { ...registry, credential: undefined, tlsVerify: undefined, certificates: undefined }))
        .value === 't'
    )
  },
  tagPageBytes: async amount => (await tagsOf(tagsClient(() => ({ body: spaces(amount, '{"tags":["a"]}') })))) === 1,
  tagPages: async amount => {
    const page = (at: number) => ({
      body: '{"tags":["a"]}',
      ...(at < amount ? { link: `/v2/a/tags/list?last=${at}` } : {}),
    })
    return (await tagsOf(tagsClient(page))) === amount
  },
  emptyPages: 'src/stores/ending-listing.test.ts',
  referrers: 'src/transports/registry/list-referrers.test.ts',
  attachments: 'src/copy/attachments/find-attachments.test.ts',
  attachmentDepth: 'src/copy/attachments/find-attachments.test.ts',
  s3AnswerBytes: async amount => {
    const handler = new HttpClientHandler(answer(amount, ''))
    const request = { protocol: 'http:', hostname: 'a', method: 'GET', path: '/', headers: {} }
    const { response } = await handler.handle(request)
    return 'byteLength' in response.body && response.body.byteLength === amount
  },
  gcsAnswerBytes: async amount => {
    const http = answer(amount, '')
    const client = new GcsClient(http, anonymous(), 'b')
    return (await client.text(await http.request({ method: 'GET', url: 'http://a/' }))).length === amount
  },
  azureAnswerBytes: async amount => {
    const client = identityHttpClient(async () => answer(amount, ''), ((headers: unknown) => headers) as never)
    const request = { url: 'http://a/', method: 'GET', timeout: 0, headers: { toJSON: () => ({}) } }
    return (await client.sendRequest(request as never)).bodyAsText?.length === amount // all that is used of it
  },
  daemonAnswerBytes: async amount => {
    const ping = `200\napi-version: 1.41\n\nOK${nextAnswer}`
    return (await daemon(Buffer.from(`${ping}200\n\n${spaces(amount, '{"DriverStatus":[]}')}`))).store === 'docker'
  },
  daemonLineCharacters: async amount => {
    const fixed = '{"error":""}'
    const line = fixed.replace('""', `"${'x'.repeat(amount - fixed.length)}"`)
    return readLoadAnswer(inChunks(Buffer.from(line), line.length)).then(
      () => false,
      error => error.code === 'server-error',
    )
  },
  helperBytes: 'src/auth/credential-finder.test.ts',
  helperMilliseconds: 'src/auth/credential-finder.test.ts',
  referenceCharacters: async amount => parseReference(`oci:${'a'.repeat(amount - 4)}`).transport === 'oci-layout',
  templateCharacters: async amount => runTemplate('x'.repeat(amount), '').length === amount,
  programBytes: async amount => {
    const run = { program: 'head', args: ['-c', String(amount), '/dev/zero'] }
    return (await runProgram({ ...run, environment: process.env })).byteLength === amount
  },
  scanReportBytes: async amount => {
    const scanner = { name: 'trivy', path: 'head' } as const
    const run = { scanner, args: ['-c', String(amount), '/dev/zero'], environment: process.env }
    return (await runScanner(run)).output.byteLength === amount
  },
  sbomBytes: 'test/scan/sbom.test.ts',
  scannerArchiveBytes: async amount => {
    const body = inChunks(Buffer.alloc(amount), 2 ** 20)
    const http = { request: async () => ({ status: 200, body }) } as unknown as HttpClient // all that is used of it
    await using archive = await downloadRelease('http://a.test/a', { http, temporaryFolder: temporaryFolder() })
    return archive.size === amount
  },
  scannerProgramBytes: 'src/scan/unpack-program.test.ts',
  checksumsBytes: amount =>
    asked(
      (_, response) => void response.end(Buffer.alloc(amount)),
      async (http, url) => (await readRelease(url, limits.checksumsBytes, { http })).byteLength === amount,
    ),
  fileBytes: 'src/streams/read-small-file.test.ts',
  versionConstraintCharacters: 'src/copy/sync/version-constraint.test.ts',
  bucketConfigBytes: async amount => {
    const store = await stored(configKey, `default: {immutable: true}\n#${'x'.repeat(amount - 28)}`)
    return (await readBucketConfig(store)).byDefault.immutable === true
  },
  tagSignatureBytes: 'src/layout/tag-signatures.test.ts',
  tagSignatures: 'src/layout/tag-signatures.test.ts',
  historyBytes: async amount => {
    const { history } = tagKeys('a', 'v1')
    const entry = [{ pushed_at: '2026-01-01T00:00:00Z', digest, size_bytes: 1 }]
    return (await readHistory(await stored(history, spaces(amount, JSON.stringify(entry))), history)).length === 1
  },
  condemnedBytes: async amount => {
    const range = { key: `${condemnedPrefix}sha256/a-b-c`, algorithm: 'sha256', first: 'a', last: 'b' } as const
    const record = spaces(amount, JSON.stringify({ state: 'condemned', blobs: {} }))
    return (await readCondemned(await stored(range.key, record), range))?.state === 'condemned'
  },
  layerVariantsBytes: async amount => {
    const variants = spaces(amount, JSON.stringify({ variants: [{ mediaType: 'x', digest, size: 1 }] }))
    return (await readVariants(await stored(layerKey(digest), variants), digest)).length === 1
  },
  leaseBytes: async amount =>
    (await readLeases(await stored(`${leasesPrefix}x`, spaces(amount, '{}')), new Date())).living === 1,
  tarHeaderBytes: async amount => {
    const archive = tarArchive({ name: 'l', flag: 'L', body: 'x'.repeat(amount) }, { name: 'a' })
    for await (const { header } of readTar(inChunks(archive, 65_536))) return header.name.length === amount
    return false
  },
  tarEntries: async amount => {
    const count = createEntryLimit()
    for (let at = 0; at < amount; at++) count({ name: 'a', type: 'file', size: 0 })
    return true
  },
  tarNameCharacters: async amount => {
    const count = createEntryLimit()
    const name = 'x'.repeat(2 ** 20)
    for (let left = amount; left > 0; left -= name.length) count({ name: name.slice(0, left), type: 'file', size: 0 })
    return true
  },
  archiveDocumentsBytes: async amount => {
    const most = limits.manifestBytes
    const sizes = Array.from({ length: Math.ceil(amount / most) }, (_, at) => Math.min(most, amount - at * most))
    const entries = async function* () {
      for (const [at, size] of sizes.entries())
        yield { header: { name: String(at), type: 'file' as const, size }, body: inChunks(Buffer.alloc(size), size) }
    }
    const archive = await collectArchive(
      entries(),
      () => 'document',
      async () => digest,
    )
    return sizes.every((_, at) => archive.find(String(at))?.kind === 'document')
  },
  wrappedKeys: async amount => {
    const keys = Array.from({ length: amount }, () => 'YQ==').join()
    return parseWrappedKeys({ 'org.opencontainers.image.enc.keys.jwe': keys }).length === amount
  },
  wrappedKeyBytes: 'test/encryption/pgp.test.ts',
  zstdWindowBytes: async amount => {
    // an exponent of 17 is 128 MiB, and the mantissa adds an eighth of it
    const window = (17 << 3) | (amount > 2 ** 27 ? 1 : 0)
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window, 1, 0, 0])
    for await (const { bytes } of zstdFrames(inChunks(frame))) return (await readAll(bytes, 100, 'it')).byteLength > 0
    return false
  },
  keyDerivationBytes: amount => openCostlyKey(amount > 2 ** 27),
}

/** undici counts names and values alone. */
const slack: Partial<Record<keyof typeof limits, number>> = { headerBytes: 64 }

const tried = Object.entries(cases).flatMap(([name, take]) =>
  typeof take === 'string' ? [] : [[name as keyof typeof limits, take] as const],
)

test.each(tried)('%s: so much is taken, and no more', async (name, take) => {
  const room = slack[name] ?? 0
  expect(await take(limits[name] - room)).toBe(true)
  const beyond = await take(limits[name] + 1 + room).catch((error: unknown) => error)
  if (beyond !== false)
    expect(beyond).toMatchObject({ name: 'LadingError', code: expect.not.stringMatching('internal') })
})

test('a head of any length is left by the direct reader too', async () => {
  expect(await withHead(limits.headerBytes, directly)).toBe(true)
  await expect(withHead(limits.headerBytes + 4, directly)).rejects.toThrow('a long head')
})
