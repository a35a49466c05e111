import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { memoryDestination, memorySource } from '../../testing/memory-image.ts'
import { type ImageSource, parseReference } from '../../transports/index.ts'
import type { SignatureVerifiers } from '../../trust/index.ts'
import { parsePolicy } from '../../trust/policy/parse-policy.ts'
import { copyOpened } from '../copy-opened.ts'
import type { CopyOptions } from '../copy-options.ts'
import { createPolicyGuard } from './policy-guard.ts'

const named = 'quay.io/a/b:1'
/** A stand-in: what is signed is written in the signature, and whoever signs is believed. */
const verifiers: SignatureVerifiers = {
  simple: async bytes => {
    const digest = Buffer.from(bytes).toString()
    if (!digest.startsWith('sha')) throw new LadingError('untrusted', 'it is forged')
    return { dockerReference: named, manifestDigest: digest }
  },
  sigstore: async ({ payload }) => ({ dockerReference: named, manifestDigest: Buffer.from(payload).toString() }),
}

const image = buildImage({ platform: 'linux/s390x' })
const list = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
const [amd64, arm64] = childrenOf(list)

function childrenOf({ root, blobs }: BuiltImage): [Digest, Digest] {
  const { manifests } = JSON.parse(Buffer.from(blobs.get(root.digest) ?? '').toString())
  return [manifests[0].digest, manifests[1].digest]
}

/** Beside each of these manifests lies a signature, which is over itself where no other digest is given. */
type Signed = readonly (Digest | readonly [Digest, string])[]

function signedSource(built: BuiltImage, signed: Signed): ImageSource & { readonly fetched: readonly string[] } {
  const signatures = new Map(signed.map(one => (typeof one === 'string' ? [one, one] : one)))
  return {
    ...memorySource(built),
    signatures: async digest => {
      const over = signatures.get(digest)
      return over === undefined ? [] : [Buffer.from(over)]
    },
  }
}

async function copy(source: ImageSource, type: 'signedBy' | 'sigstoreSigned', options: CopyOptions = {}) {
  const requirement = { type, ...(type === 'signedBy' ? { keyType: 'GPGKeys' } : {}), keyData: 'aw==' }
  const policy = parsePolicy(JSON.stringify({ default: [requirement] }), 'policy.json')
  const reference = parseReference(`docker://${named}`)
  const guard = await createPolicyGuard({ file: 'policy.json', policy }, reference, source, verifiers)
  const to = memoryDestination()
  const copying = guard.admit().then(() => copyOpened(source, to, { ...options, jobs: 2, guard }, () => {}))
  const error = await copying.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { error, to }
}

const linux = (architecture: string) => ({ os: 'linux', architecture })

describe('a copy under a policy that asks for signatures', () => {
  test.each<[string, BuiltImage, Signed, CopyOptions]>([
    ['a signed image', image, [image.root.digest], {}],
    ['a list whose images are signed', list, [amd64, arm64], {}],
    ['the one of them that is signed', list, [amd64], { platforms: [linux('amd64')] }],
    ['those of them that are signed', list, [amd64, arm64], { platforms: [linux('amd64'), linux('arm64')] }],
    ['a sparse list', list, [amd64], { platforms: [linux('amd64')], index: 'sparse' }],
    ['a signed list alone', list, [list.root.digest], { index: 'alone' }],
  ])('takes %s', async (_, built, signed, options) => {
    const { error, to } = await copy(signedSource(built, signed), 'signedBy', options)
    // without what it names, a list has no place in memory
    if (options.index === undefined) expect(error).toBeUndefined()
    expect(error instanceof LadingError && error.code === 'untrusted').toBe(false)
    expect(to.committed.length).toBe(error === undefined ? 1 : 0)
  })

  test.each<[string, BuiltImage, Signed, CopyOptions]>([
    ['an image that nobody signed', image, [], {}],
    ['an image with the signature of another', image, [[image.root.digest, amd64]], {}],
    ['an image with a forged signature', image, [[image.root.digest, 'forged']], {}],
    ['a list of which one image is signed', list, [amd64], {}],
    ['a list that is signed, but no image of it', list, [list.root.digest], {}],
    ['the one of a list that is not signed', list, [arm64, list.root.digest], { platforms: [linux('amd64')] }],
    ['a list alone that is not signed', list, [amd64, arm64], { index: 'alone' }],
    ['what would be copied', image, [], { dryRun: true }],
    ['what would become something else', image, [], { format: 'v2s2' }],
  ])('refuses %s, and moves nothing', async (_, built, signed, options) => {
    const source = signedSource(built, signed)
    const { error, to } = await copy(source, 'signedBy', options)
    expect(error).toMatchObject({ code: 'untrusted', side: 'source' })
    expect(to.stored.size).toBe(0)
    expect(to.committed).toEqual([])
    const layers = [...built.blobs].filter(([, bytes]) => Buffer.from(bytes).toString() === '"a layer"')
    for (const [digest] of layers) expect(source.fetched).not.toContain(digest)
  })

  test('reads nothing of an image that comes once, since its signatures would come with it', async () => {
    let received = false
    const source: ImageSource = {
      ...signedSource(image, [image.root.digest]),
      traits: { order: 'once', unpacked: true },
      async receive() {
        received = true
      },
    }
    const { error } = await copy(source, 'signedBy')
    expect(error).toMatchObject({ code: 'untrusted', message: expect.stringContaining('it has no signature') })
    expect(received).toBe(false)
  })

  test('looks at each manifest once', async () => {
    const asked: string[] = []
    const source = signedSource(list, [amd64, arm64])
    const counting: ImageSource = {
      ...source,
      signatures: async (digest, signal) => {
        asked.push(digest)
        return (await source.signatures?.(digest, signal)) ?? []
      },
    }
    const { error } = await copy(counting, 'signedBy', { removeSignatures: true })
    expect(error).toBeUndefined()
    expect(asked.toSorted()).toEqual([amd64, arm64].toSorted())
  })
})

describe("cosign's image beside it", () => {
  const type = 'application/vnd.dev.cosign.simplesigning.v1+json'

  function withAttached(tag: string, over: string, mediaType = type): ImageSource {
    const payload = Buffer.from(over)
    const layer = { mediaType, digest: digestOf(payload), size: payload.byteLength, annotations: { a: 'b' } }
    const attached = buildImage({ manifest: { layers: [layer] } })
    const blobs = new Map([...image.blobs, ...attached.blobs, [layer.digest, payload] as const])
    return {
      ...memorySource({ root: image.root, blobs }),
      async *attachments(subject) {
        if (subject === image.root.digest) yield { by: 'tag', tag, node: attached.root }
      },
    }
  }

  const sig = `${image.root.digest.replace(':', '-')}.sig`

  test('has its signatures', async () => {
    expect((await copy(withAttached(sig, image.root.digest), 'sigstoreSigned')).error).toBeUndefined()
  })

  test.each<[string, ImageSource]>([
    ['is of another manifest', withAttached(sig, amd64)],
    ['has what is no signature', withAttached(sig, image.root.digest, 'text/plain')],
    ['is an attestation', withAttached(sig.replace('.sig', '.att'), image.root.digest)],
  ])('does not count where it %s', async (_, source) => {
    expect((await copy(source, 'sigstoreSigned')).error).toMatchObject({ code: 'untrusted' })
  })

  test('is read checked', async () => {
    const source = withAttached(sig, image.root.digest)
    const damaged: ImageSource = {
      ...source,
      async *fetch(node, ...rest) {
        if (node.mediaType !== type) yield* source.fetch(node, ...rest)
        else yield Buffer.alloc(node.size)
      },
    }
    expect((await copy(damaged, 'sigstoreSigned')).error).toMatchObject({ code: 'digest-mismatch' })
  })
})
