import os from 'node:os'
import path from 'node:path'
import { requestToken } from '../../../src/auth/token-request.ts'
import { digestOf } from '../../../src/model/digest.ts'
import { readRefusal, refusalError } from '../../../src/stores/gcs/refusal.ts'
import { openStore } from '../../../src/stores/index.ts'
import { inChunks, readLayer } from '../../../src/testing/archive-readers.ts'
import { buildImage } from '../../../src/testing/build-image.ts'
import { readLoadAnswer } from '../../../src/transports/docker-daemon/load-answer.ts'
import { openDestination, openSource, parseReference } from '../../../src/transports/table.ts'
import type { TransportContext } from '../../../src/transports/transport.ts'
import { answeringClient, nextAnswer, readAnswer } from '../answers.ts'
import { drain, refusable } from '../refusable.ts'
import { type FuzzTarget, textSeeds } from '../target.ts'

const image = buildImage()
const manifest = Buffer.from(image.blobs.get(image.root.digest) ?? '').toString()
const { mediaType, digest } = image.root
const layer = { kind: 'layer', mediaType: 'application/x', digest: digestOf(Buffer.from('x')), size: 1 } as const
const errorBody = '{"errors":[{"code":"NAME_UNKNOWN","message":"m","detail":{}}]}'

function contextFor(bytes: Uint8Array): TransportContext {
  const http = answeringClient(bytes)
  return {
    side: 'source',
    http: async () => http,
    credentials: { credential: { username: 'u', password: 'p' } },
    tlsVerify: undefined,
    system: { os: 'linux', architecture: 'amd64' },
    cloud: {},
    // no configuration of this machine
    registriesConf: '/dev/null',
    environment: {
      HOME: '/nonexistent',
      XDG_CACHE_HOME: path.join(process.env.XDG_CACHE_HOME ?? path.join(os.tmpdir(), 'lading-fuzz'), 'answers'),
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'us-east-1',
      AZURE_STORAGE_KEY: 'a2V5',
      STORAGE_EMULATOR_HOST: 'http://gcs.example',
    },
    warn() {},
  }
}

async function useStore(scheme: string, cloud: object, bytes: Uint8Array): Promise<void> {
  const context = contextFor(bytes)
  const store = await refusable(() => openStore({ scheme, root: 'bucket' }, { ...context, cloud }))
  if (store === undefined) return
  await refusable(() => store.head('a'))
  await refusable(async () => drain((await store.get('a')).body))
  await refusable(() => drain(store.list('p/', { delimiter: '/' })))
  await refusable(() => store.put('a', Buffer.from('x'), { ifNoneMatch: '*' }))
  await refusable(() => store.delete('a'))
  await refusable(() => drain(store.deleteMany(['a', 'b'])))
  await refusable(async () => drain(store.unfinished?.() ?? inChunks(Buffer.alloc(0))))
  await store[Symbol.asyncDispose]()
}

const headerWords = [
  '\ncontent-length: ',
  '\ncontent-type: ',
  '\nlocation: ',
  '\nretry-after: ',
  '\netag: ',
  '\nlink: <',
  nextAnswer,
]

export const answerTargets: readonly FuzzTarget[] = [
  {
    name: 'registry-answers',
    seeds: textSeeds(
      `200\ncontent-type: ${mediaType}\ncontent-length: ${image.root.size}\ndocker-content-digest: ${digest}\n\n${manifest}`,
      `401\nwww-authenticate: Bearer realm="https://auth.example/t",service="s",scope="repository:a/b:pull"\n\n${errorBody}${nextAnswer}200\n\n{"token":"t","expires_in":300}${nextAnswer}200\n\n{"name":"a/b","tags":["v1","v2"]}`,
      `200\nlink: </v2/a/b/tags/list?last=v1&n=1>; rel="next"\n\n{"tags":["v1"]}${nextAnswer}200\n\n{"tags":null}`,
      `202\nlocation: /v2/a/b/blobs/uploads/1?_state=x\nrange: 0-0\noci-chunk-min-length: 1\n\n${nextAnswer}201\nlocation: /v2/a/b/blobs/x\n\n`,
      `206\ncontent-range: bytes 0-0/1\n\nx`,
      `404\n\n${errorBody}`,
      `429\nretry-after: 1\nratelimit-remaining: 0;w=21600\n\n${errorBody}`,
    ),
    words: [...headerWords, 'realm="', 'rel="next"', '</v2/', '\nrange: 0-', 'bytes 0-', '"tags":[', '\noci-subject: '],
    share: 80,
    async run(bytes) {
      const reference = parseReference('docker://registry.example/a/b:v1')
      const source = await openSource(reference, contextFor(bytes))
      const root = await refusable(() => source.resolve())
      await refusable(() => drain(source.fetch(root ?? image.root)))
      await refusable(() => drain(source.fetch(layer, { start: 0, end: 1 })))
      await refusable(() => drain(source.tags?.() ?? inChunks(Buffer.alloc(0))))
      const destination = await openDestination(reference, contextFor(bytes))
      await refusable(() => destination.has(layer))
      await refusable(() => destination.push(layer, { size: 1, open: () => inChunks(Buffer.from('x')) }))
      await refusable(() => destination.commit(image.root, Buffer.from(manifest), { force: false, imageBytes: 1 }))
    },
  },
  {
    name: 'token-answer',
    seeds: textSeeds(
      '200\n\n{"token":"t","expires_in":300,"issued_at":"2026-01-01T00:00:00Z"}',
      '200\n\n{"access_token":"t"}',
      '401\n\n{}',
    ),
    run: bytes =>
      requestToken(answeringClient(bytes), {
        realm: new URL('https://auth.example/t'),
        namedBy: 'https://registry.example',
        service: 's',
        scopes: ['repository:a/b:pull'],
        credential: { kind: 'password', username: 'u', password: 'p' },
        tlsVerify: undefined,
        certificates: undefined,
      }),
  },
  {
    name: 's3-answers',
    seeds: textSeeds(
      '200\netag: "e"\ncontent-length: 1\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\n\nx',
      '200\n\n<?xml version="1.0"?><ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken><Contents><Key>p/a</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>p/b/</Prefix></CommonPrefixes></ListBucketResult>',
      '404\n\n<Error><Code>NoSuchBucket</Code><Message>m</Message><Region>eu-west-1</Region></Error>',
      '200\n\n<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>',
      '200\n\n<ListMultipartUploadsResult><Upload><Key>p/a</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload></ListMultipartUploadsResult>',
    ),
    words: [
      ...headerWords,
      '<Key>',
      '</Key>',
      '<Size>',
      '<Code>',
      '<Contents>',
      '<!DOCTYPE a [<!ENTITY a "b">]>',
      '&a;',
      '<![CDATA[',
      '&#0;',
      '<!--',
    ],
    share: 20,
    run: bytes => useStore('s3', { endpoint: 'http://s3.example' }, bytes),
  },
  {
    name: 'gcs-answers',
    seeds: textSeeds(
      '200\n\n{"name":"a","size":"1","generation":"1","updated":"2026-01-01T00:00:00Z","storageClass":"STANDARD"}',
      '200\nx-goog-generation: 1\nx-goog-stored-content-length: 1\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\n\nx',
      '200\n\n{"nextPageToken":"n","prefixes":["p/b/"],"items":[{"name":"p/a","size":"1","generation":"1","updated":"2026-01-01T00:00:00Z"}]}',
      '403\n\n{"error":{"code":403,"message":"m","errors":[{"reason":"forbidden"}]}}',
      '404\n\n<Error><Code>NoSuchBucket</Code><Message>m</Message><Details>d</Details></Error>',
      '200\n\n<ListMultipartUploadsResult><Upload><Key>p/a</Key><UploadId>u</UploadId></Upload></ListMultipartUploadsResult>',
    ),
    words: [...headerWords, '"items":[', '"size":"', '<Upload>', '<Key>', '&#x110000;', '&constructor;'],
    share: 80,
    async run(bytes) {
      await useStore('gs', { endpoint: 'http://gcs.example' }, bytes)
      const refusal = await readRefusal(readAnswer(bytes, 'http://gcs.example/'))
      refusalError(refusal, { bucket: 'bucket', principal: 'me' })
    },
  },
  {
    name: 'azure-answers',
    seeds: textSeeds(
      '200\netag: "e"\ncontent-length: 1\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\nx-ms-blob-type: BlockBlob\n\nx',
      '200\ncontent-type: application/xml\n\n<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>p/a</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified><Etag>e</Etag><Content-Length>1</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob><BlobPrefix><Name>p/b/</Name></BlobPrefix></Blobs><NextMarker>n</NextMarker></EnumerationResults>',
      '404\nx-ms-error-code: ContainerNotFound\ncontent-type: application/xml\n\n<Error><Code>ContainerNotFound</Code><Message>m</Message></Error>',
    ),
    words: [...headerWords, '\nx-ms-error-code: ', '<Blob>', '<Name>', '<Properties>', 'constructor', '&a;'],
    share: 20,
    run: bytes => useStore('az', { endpoint: 'http://account.azure.example', account: 'account' }, bytes),
  },
  {
    name: 'daemon-answers',
    seeds: textSeeds(
      `200\napi-version: 1.41\n\nOK${nextAnswer}200\n\n{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}${nextAnswer}200\n\n{"Id":"${digest}","RepoTags":["a:b"],"Size":5}`,
      `200\napi-version: 1.41\n\nOK${nextAnswer}404\n\n{"message":"No such image"}`,
    ),
    words: [...headerWords, '"Id":', '"RepoTags":', '"DriverStatus":[[', 'api-version: 1.99'],
    share: 80,
    async run(bytes) {
      const context = { ...contextFor(bytes), daemonHost: 'tcp://daemon.example:2375' }
      const source = await refusable(() => openSource(parseReference('docker-daemon:a:b'), context))
      await refusable(() => source?.preview?.())
      await refusable(async () => {
        await source?.receive?.(readLayer)
        await source?.resolve()
      })
      await source?.[Symbol.asyncDispose]()
    },
  },
  {
    name: 'load-answer',
    share: 100,
    seeds: textSeeds('{"stream":"Loaded image: a:b\\n"}\n', '{"errorDetail":{"message":"m"},"error":"m"}\n'),
    words: ['"error":', '"errorDetail":', '\n'],
    run: bytes => readLoadAnswer(inChunks(bytes, 100)),
  },
]
