import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import { parseReference } from '../../transports/index.ts'
import type { ImageSignature } from '../image-signature.ts'
import { identitiesOf } from './identities-of.ts'
import { parsePolicy } from './parse-policy.ts'
import { requireAllowed } from './require-allowed.ts'
import { requirementsFor } from './requirements-for.ts'
import type { SignatureVerifiers } from './signature-verifiers.ts'

const content = Buffer.from('{"schemaVersion":2}')
const digest = digestOf(content)
const sha512 = digestOf(content, 'sha512')
const another = digestOf(Buffer.from('another'))

/** The stand-in of a signature: who signed it, and what it says. */
interface Signed {
  readonly by: string
  readonly for: string
  readonly over?: string
}

const simple = (signed: Signed): ImageSignature => ({ format: 'simple', bytes: Buffer.from(JSON.stringify(signed)) })
const sigstore = (signed: Signed, mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json'): ImageSignature => ({
  format: 'sigstore',
  mediaType,
  payload: Buffer.from(JSON.stringify(signed)),
  annotations: {},
})

/** Believes a signature by whom one of the keys names. */
const verifiers: SignatureVerifiers = {
  simple: async (bytes, keyrings) => claimOf(bytes, keyrings.map(String)),
  sigstore: async ({ payload }, { keys = [] }) => claimOf(payload, keys),
}

function claimOf(bytes: Uint8Array, keys: readonly string[]) {
  const signed: Signed = JSON.parse(Buffer.from(bytes).toString())
  if (!keys.includes(signed.by)) throw new LadingError('untrusted', `it is by ${signed.by}`)
  return { dockerReference: signed.for, manifestDigest: signed.over ?? digest }
}

const key = (name: string) => Buffer.from(name).toString('base64')
const by = (name: string, rest = {}) => ({ type: 'signedBy', keyType: 'GPGKeys', keyData: key(name), ...rest })
const bySigstore = (name: string, rest = {}) => ({ type: 'sigstoreSigned', keyData: key(name), ...rest })
const accept = { type: 'insecureAcceptAnything' }

async function check(
  requirements: readonly unknown[],
  signatures: readonly (ImageSignature | LadingError)[],
  reference = 'docker://quay.io/a/b:1',
): Promise<void> {
  const policy = parsePolicy(JSON.stringify({ default: requirements }), 'policy.json')
  const applied = requirementsFor(policy, await identitiesOf(parseReference(reference), policy))
  const manifest = {
    name: reference,
    digest,
    bytes: async () => content,
    async *signatures() {
      yield* signatures
    },
  }
  await requireAllowed(applied, manifest, verifiers, 'policy.json')
}

const image = 'quay.io/a/b:1'

describe('an image is allowed', () => {
  test.each<[string, readonly unknown[], readonly (ImageSignature | LadingError)[], string?]>([
    ['where everything is', [accept], []],
    ['by a signature', [by('a')], [simple({ by: 'a', for: image })]],
    ['by a signature of sigstore', [bySigstore('a')], [sigstore({ by: 'a', for: image })]],
    ['by one of several', [by('a')], [simple({ by: 'b', for: image }), simple({ by: 'a', for: image })]],
    [
      'beside one that cannot be read',
      [by('a')],
      [new LadingError('bad-manifest', 'no'), simple({ by: 'a', for: image })],
    ],
    ['by one for all requirements', [accept, by('a'), by('a')], [simple({ by: 'a', for: image })]],
    [
      'by one for each',
      [by('a'), bySigstore('b')],
      [sigstore({ by: 'b', for: image }), simple({ by: 'a', for: image })],
    ],
    ['by a digest of another algorithm', [by('a')], [simple({ by: 'a', for: image, over: sha512 })]],
    [
      'by its digest, whatever tag was signed',
      [by('a')],
      [simple({ by: 'a', for: 'quay.io/a/b:2' })],
      `docker://quay.io/a/b@${digest}`,
    ],
    [
      'in a bucket, where the name is said',
      [by('a', { signedIdentity: { type: 'exactReference', dockerReference: image } })],
      [simple({ by: 'a', for: image })],
      's3://bucket/b:1',
    ],
  ])('%s', async (_, requirements, signatures, reference) => {
    await expect(check(requirements, signatures, reference)).resolves.toBeUndefined()
  })
})

describe('an image is not allowed', () => {
  test.each<[string, readonly unknown[], readonly (ImageSignature | LadingError)[], string, string?]>([
    ['that is rejected', [accept, { type: 'reject' }], [simple({ by: 'a', for: image })], 'rejects it'],
    [
      'without a signature',
      [by('a')],
      [],
      'asks for a simple signature by a key of the policy itself, and it has no signature',
    ],
    ['signed by another', [by('a')], [simple({ by: 'b', for: image })], 'signature 1: it is by b'],
    [
      'signed for another',
      [by('a')],
      [simple({ by: 'a', for: 'quay.io/a/c:1' })],
      'signature 1: it is for "quay.io/a/c:1"',
    ],
    [
      'whose signature was moved to another tag',
      [by('a')],
      [simple({ by: 'a', for: 'quay.io/a/b:2' })],
      'it is for "quay.io/a/b:2"',
    ],
    [
      'whose manifest was changed',
      [by('a')],
      [simple({ by: 'a', for: image, over: another })],
      `it is for another manifest, ${another}`,
    ],
    [
      'whose signature names no digest',
      [by('a')],
      [simple({ by: 'a', for: image, over: 'sha256:1' })],
      'it is for another manifest',
    ],
    ['whose signature is of another kind', [by('a')], [sigstore({ by: 'a', for: image })], 'it is one of sigstore'],
    ['whose signature is a simple one', [bySigstore('a')], [simple({ by: 'a', for: image })], 'it is a simple one'],
    [
      'with what is no signature',
      [bySigstore('a')],
      [sigstore({ by: 'a', for: image }, 'text/plain')],
      'it is no signature, but text/plain',
    ],
    [
      'that one of two has not signed',
      [by('a'), by('b')],
      [simple({ by: 'a', for: image })],
      'signature 1: it is by a',
    ],
    [
      'whose signature cannot be read',
      [by('a')],
      [new LadingError('bad-manifest', 'unreadable')],
      'signature 1: unreadable',
    ],
    [
      'with a signed base layer',
      [{ type: 'signedBaseLayer', baseLayerIdentity: { type: 'matchExact' } }],
      [],
      'which nobody can check',
    ],
    [
      'with X.509 certificates',
      [by('a', { keyType: 'X509Certificates' })],
      [simple({ by: 'a', for: image })],
      'which nobody can check',
    ],
    [
      'with no keys',
      [by('a', { keyData: undefined, keyPaths: [] })],
      [simple({ by: 'a', for: image })],
      'the policy names no keys',
    ],
    ['that has no name at a registry', [by('a')], [simple({ by: 'a', for: image })], 'it is for', 'dir:/srv/b'],
    ['that has none in a bucket', [by('a')], [simple({ by: 'a', for: image })], 'it is for', 's3://bucket/b:1'],
  ])('%s', async (_, requirements, signatures, why, reference) => {
    const checking = check(requirements, signatures, reference)
    await expect(checking).rejects.toMatchObject({ code: 'untrusted', side: 'source', operation: 'check policy' })
    await expect(checking).rejects.toThrow(why)
    await expect(checking).rejects.toThrow('the policy policy.json (its default) ')
  })

  test('and no more than some of the reasons are told', async () => {
    const signatures = Array.from({ length: 9 }, (_, at) => simple({ by: `signer ${at}`, for: image }))
    await expect(check([by('a')], signatures)).rejects.toThrow(/signature 5: it is by signer 4; and 4 more$/)
  })

  test('where its key cannot be read', async () => {
    const requirement = by('a', { keyData: undefined, keyPath: '/not/there.gpg' })
    const checking = check([requirement], [simple({ by: 'a', for: image })])
    await expect(checking).rejects.toMatchObject({ code: 'bad-config', subject: '/not/there.gpg' })
  })

  test('where the other side fails', async () => {
    const policy = parsePolicy(JSON.stringify({ default: [by('a')] }), 'policy.json')
    const applied = requirementsFor(policy, await identitiesOf(parseReference('docker://a'), policy))
    const manifest = {
      name: 'a',
      digest,
      bytes: async () => content,
      // biome-ignore lint/correctness/useYield: it fails before
      async *signatures() {
        throw new LadingError('network', 'it broke')
      },
    }
    await expect(requireAllowed(applied, manifest, verifiers, 'policy.json')).rejects.toMatchObject({ code: 'network' })
  })
})
