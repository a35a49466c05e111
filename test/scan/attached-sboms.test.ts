import { describe, expect, test } from 'vitest'
import { createManifestReader } from '../../src/copy/manifest-reader.ts'
import type { Node } from '../../src/model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../src/model/digest.ts'
import { limits } from '../../src/model/limits.ts'
import { ociIndex, ociManifest } from '../../src/model/media-types.ts'
import { attachedSboms } from '../../src/scan/sbom/attached-sboms.ts'
import { buildImage } from '../../src/testing/index.ts'
import type { Attachment, ImageSource } from '../../src/transports/index.ts'
import { readAsStored } from '../../src/transports/transport.ts'

const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const spdx = { spdxVersion: 'SPDX-2.3', name: 'spdx' }
const cyclonedx = { bomFormat: 'CycloneDX', name: 'cyclonedx' }
const spdxText = 'SPDXVersion: SPDX-2.3\nDocumentName: x\n'

const statementOf = (subject: Digest, predicate: unknown, predicateType = 'https://spdx.dev/Document') => {
  const { algorithm, hex } = digestParts(subject)
  const digest = { [algorithm]: hex }
  return { _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject: [{ name: 'x', digest }], predicate }
}
const envelopeOf = (statement: unknown) => ({
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from(encode(statement)).toString('base64'),
  signatures: [{ sig: 'bm9ib2R5IGxvb2tz' }],
})

/** An image in an index, and what a test attaches to either of them. */
function place() {
  const blobs = new Map<Digest, Uint8Array>()
  const attached = new Map<Digest, Attachment[]>()
  const keep = (value: unknown, mediaType: string): Node => {
    const bytes = value instanceof Uint8Array ? value : encode(value)
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { kind: mediaType === ociIndex ? 'index' : 'manifest', mediaType, digest, size: bytes.byteLength }
  }
  const built = buildImage()
  for (const [digest, bytes] of built.blobs) blobs.set(digest, bytes)
  const entries: unknown[] = [built.root]
  const warnings: string[] = []
  let root = keep({ schemaVersion: 2, mediaType: ociIndex, manifests: entries }, ociIndex)
  const manifestOf = (content: unknown, mediaType: string, more: object = {}, annotations: object = {}) => {
    const { digest, size } = keep(content, mediaType)
    const config = keep('{}', 'application/vnd.oci.empty.v1+json')
    const layers = [{ mediaType, digest, size, annotations }]
    return keep({ schemaVersion: 2, mediaType: ociManifest, config, layers, ...more }, ociManifest)
  }
  const attach = (to: Node, attachment: Attachment) =>
    void attached.set(to.digest, [...(attached.get(to.digest) ?? []), attachment])
  return {
    image: built.root,
    root,
    blobs,
    warnings,
    refer: (to: Node, content: unknown, mediaType: string, annotations?: object, subject = to) =>
      attach(to, { by: 'referrer', node: manifestOf(content, mediaType, { subject }, annotations) }),
    tag: (to: Node, ending: string, content: unknown, mediaType: string, annotations?: object) =>
      attach(to, {
        by: 'tag',
        tag: `${to.digest.replace(':', '-')}${ending}`,
        node: manifestOf(content, mediaType, {}, annotations),
      }),
    beside: (content: unknown, annotations?: object, of = built.root.digest) => {
      const node = manifestOf(content, 'application/vnd.in-toto+json', {}, annotations)
      entries.push({
        ...node,
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': of },
      })
      root = keep({ schemaVersion: 2, mediaType: ociIndex, manifests: entries }, ociIndex)
    },
    async find() {
      const source: ImageSource = {
        name: 'test:image',
        traits: readAsStored,
        resolve: async () => root,
        async *fetch({ digest }) {
          yield blobs.get(digest) ?? new Uint8Array()
        },
        async *attachments(to) {
          yield* attached.get(to) ?? []
        },
        async [Symbol.asyncDispose]() {},
      }
      const reader = createManifestReader(source)
      const found = attachedSboms({ source, reader, root, image: built.root, warn: one => void warnings.push(one) })
      return (await Array.fromAsync(found)).map(({ format, bytes, origin }) => ({
        format,
        text: Buffer.from(bytes).toString('utf8'),
        by: origin.by,
        subject: origin.subject,
      }))
    },
  }
}

describe('an attached bill of materials is found', () => {
  test.each<[string, string, unknown, string]>([
    ['application/spdx+json', 'spdx-json', spdx, JSON.stringify(spdx)],
    ['text/spdx+json', 'spdx-json', spdx, JSON.stringify(spdx)],
    ['text/spdx', 'spdx', spdxText, spdxText],
    ['application/vnd.cyclonedx+json; version=1.6', 'cyclonedx-json', cyclonedx, JSON.stringify(cyclonedx)],
    [
      'application/vnd.syft+json',
      'syft-json',
      { artifacts: [], schema: { version: '1' } },
      '{"artifacts":[],"schema":{"version":"1"}}',
    ],
  ])('as a referrer and by its tag in %s, in its own bytes', async (mediaType, format, content, text) => {
    const there = place()
    there.refer(there.image, content, mediaType)
    there.tag(there.image, '.sbom', content, mediaType)
    const subject = there.image.digest
    expect(await there.find()).toEqual([
      { format, text, by: 'referrer', subject },
      { format, text, by: 'tag', subject },
    ])
  })

  test('beside the image in its index, as BuildKit puts it, and provenance is not read', async () => {
    const there = place()
    const provenance = statementOf(there.image.digest, {}, 'https://slsa.dev/provenance/v0.2')
    there.beside(provenance, { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' })
    there.beside(statementOf(there.image.digest, spdx), { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' })
    expect(await there.find()).toEqual([
      {
        format: 'spdx-json',
        text: `${JSON.stringify(spdx, undefined, 2)}\n`,
        by: 'index',
        subject: there.image.digest,
      },
    ])
    expect(there.warnings).toEqual([])
  })

  test.each<[string, string, (statement: unknown) => unknown]>([
    ['an envelope', 'application/vnd.dsse.envelope.v1+json', envelopeOf],
    [
      'a bundle',
      'application/vnd.dev.sigstore.bundle.v0.3+json',
      statement => ({ dsseEnvelope: envelopeOf(statement) }),
    ],
    [
      'an older bundle',
      'application/vnd.dev.sigstore.bundle+json;version=0.2',
      statement => ({ dsseEnvelope: envelopeOf(statement) }),
    ],
  ])('in %s', async (_, mediaType, wrap) => {
    const there = place()
    there.refer(
      there.image,
      wrap(statementOf(there.image.digest, cyclonedx, 'https://cyclonedx.org/bom/v1.5')),
      mediaType,
    )
    expect(await there.find()).toMatchObject([{ format: 'cyclonedx-json' }])
  })

  test.each<[string, unknown, string]>([
    ['text', spdxText, 'spdx'],
    ['JSON in a text', JSON.stringify(spdx), 'spdx-json'],
    ["text in cosign's own object", { Data: spdxText, Timestamp: '' }, 'spdx'],
    ["JSON in cosign's own object", { Data: spdx }, 'spdx-json'],
  ])('as %s', async (_, predicate, format) => {
    const there = place()
    there.tag(
      there.image,
      '.att',
      envelopeOf(statementOf(there.image.digest, predicate)),
      'application/vnd.dsse.envelope.v1+json',
    )
    expect(await there.find()).toMatchObject([{ format, by: 'tag' }])
  })

  test('of the image first, and then of the index that it is in', async () => {
    const there = place()
    there.refer(there.root, { ...spdx, name: 'of all' }, 'application/spdx+json')
    there.refer(there.image, spdx, 'application/spdx+json')
    expect((await there.find()).map(({ subject }) => subject)).toEqual([there.image.digest, there.root.digest])
  })
})

describe('what is no bill of materials of this image is passed over, and said', () => {
  const other: Digest = `sha256:${'b'.repeat(64)}`
  const envelope = 'application/vnd.dsse.envelope.v1+json'
  const spdxType = 'application/spdx+json'

  test.each<[string, (there: ReturnType<typeof place>) => void, string]>([
    [
      'a statement of another image',
      there => there.tag(there.image, '.att', envelopeOf(statementOf(other, spdx)), envelope),
      'another image',
    ],
    ['one beside it of another image', there => there.beside(statementOf(other, spdx)), 'another image'],
    [
      'one of the image, attached to the index',
      there => there.refer(there.root, envelopeOf(statementOf(there.image.digest, spdx)), envelope),
      'another image',
    ],
    [
      'one of the index, attached to the image',
      there => there.refer(there.image, envelopeOf(statementOf(there.root.digest, spdx)), envelope),
      'another image',
    ],
    [
      'a referrer of something else',
      there => there.refer(there.image, spdx, spdxType, {}, there.root),
      'does not refer to',
    ],
    [
      'a document that is none',
      there => there.refer(there.image, { spdxVersion: 2 }, spdxType),
      'not written in spdx-json',
    ],
    ['one that is no JSON', there => there.refer(there.image, '<xml/>', spdxType), 'JSON'],
    [
      'one that is nested too deep',
      there => there.refer(there.image, '['.repeat(300) + ']'.repeat(300), spdxType),
      'deep',
    ],
    ['text that is none', there => there.refer(there.image, 'hello', 'text/spdx'), 'not written in spdx'],
    [
      'an envelope of something else',
      there => there.refer(there.image, { ...envelopeOf({}), payloadType: 'text/plain' }, envelope),
      'text/plain',
    ],
    [
      'an envelope whose content is not base64',
      there => there.refer(there.image, { payloadType: 'application/vnd.in-toto+json', payload: '%' }, envelope),
      'Base64',
    ],
    [
      'a statement without a subject',
      there => there.refer(there.image, envelopeOf({ ...statementOf(other, spdx), subject: undefined }), envelope),
      'subject',
    ],
    [
      'a statement of a name that objects have',
      there =>
        there.refer(
          there.image,
          envelopeOf({ ...statementOf(other, spdx), subject: [{ digest: { constructor: 'x' } }] }),
          envelope,
        ),
      'another image',
    ],
  ])('%s', async (_, put, why) => {
    const there = place()
    put(there)
    there.tag(there.image, '.sbom', spdx, spdxType)
    expect(await there.find()).toMatchObject([{ format: 'spdx-json', by: 'tag' }])
    expect(there.warnings).toEqual([expect.stringContaining(why)])
  })

  test('one that is larger than any', async () => {
    const there = place()
    const bytes = encode(`{"spdxVersion":"SPDX-2.3"${' '.repeat(limits.sbomBytes - 26)}}`)
    there.refer(there.image, bytes, spdxType)
    expect(await there.find()).toHaveLength(1)
    there.refer(there.image, Buffer.concat([bytes, Buffer.from(' ')]), spdxType)
    expect(await there.find()).toHaveLength(1)
    expect(there.warnings).toEqual([expect.stringContaining(`more than ${limits.sbomBytes} bytes`)])
  })

  test('but not where its bytes are others than its digest says', async () => {
    const there = place()
    there.refer(there.image, spdx, spdxType)
    const digest = digestOf(encode(spdx))
    there.blobs.set(digest, encode({ ...spdx, name: 'evil' }))
    await expect(there.find()).rejects.toMatchObject({ code: expect.stringMatching(/mismatch/) })
  })

  test('signatures are not looked into', async () => {
    const there = place()
    there.tag(there.image, '.sig', spdx, spdxType)
    expect(await there.find()).toEqual([])
    expect(there.warnings).toEqual([])
  })
})
