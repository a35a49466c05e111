import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../http/clock.ts'
import { referrersTag } from '../../model/attachment-tags.ts'
import { referrersIn } from '../../model/referrers-index.ts'
import { buildImage } from '../../testing/build-image.ts'
import { buildReferrer } from '../../testing/build-referrer.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { attachManifest, findAttachments } from './attachments.ts'
import { openRegistryClient } from './registry-client.ts'
import type { Repository } from './repository.ts'

const { root: subject } = buildImage()
const tag = referrersTag(subject.digest)

async function open(noReferrers: boolean): Promise<{ registry: FakeRegistry; repository: Repository }> {
  const registry = await startFakeRegistry({ quirks: { noReferrers, acceptsMissingContent: true } })
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const { context, ...rest } = openTestContext()
  onTestFinished(() => rest[Symbol.asyncDispose]())
  const client = await openRegistryClient(registry.host, context)
  return { registry, repository: { client, access: { repository: 'app', actions: 'pull,push' } } }
}

const attach = async (repository: Repository, body: string) => {
  const { root, blobs } = buildReferrer(subject, { body })
  const bytes = blobs.get(root.digest) ?? new Uint8Array()
  await attachManifest(repository, subject.digest, { by: 'referrer', node: root }, bytes, undefined)
  return root.digest
}

const found = async (repository: Repository) => {
  const all = await Array.fromAsync(findAttachments(repository, subject.digest, undefined))
  return all.map(({ node }) => node.digest).sort()
}

test.each([false, true])('what is attached is found (without the API: %s)', async noReferrers => {
  const { registry, repository } = await open(noReferrers)
  expect(await found(repository)).toEqual([])
  const digests = [await attach(repository, 'a'), await attach(repository, 'b')]
  expect(await found(repository)).toEqual(digests.sort())
  expect(registry.repository('app').tags.has(tag)).toBe(noReferrers)
})

test('several at once all come into the list', async () => {
  const { repository } = await open(true)
  const digests = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(body => attach(repository, body)))
  expect(await found(repository)).toEqual(digests.sort())
})

test('what somebody else writes over the list is added to', async () => {
  const { registry, repository } = await open(true)
  const theirs = buildReferrer(subject, { body: 'theirs' }).root
  const stored = registry.repository('app')
  const set = stored.tags.set.bind(stored.tags)
  let writes = 0
  stored.tags.set = (name, digest) => {
    writes += 1
    // they had read the list before we wrote it
    const { kind: _, ...descriptor } = theirs
    const list = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }))
    return set(name, writes === 1 ? stored.addManifest('application/vnd.oci.image.index.v1+json', list) : digest)
  }
  const ours = await attach(repository, 'ours')
  expect(writes).toBe(2)
  const { bytes = new Uint8Array() } = stored.manifests.get(stored.tags.get(tag) ?? 'sha256:') ?? {}
  expect(referrersIn(bytes).map(({ digest }) => digest)).toEqual([theirs.digest, ours])
})

test('so is what they write over it a little later', async () => {
  const { registry, repository } = await open(true)
  const theirs = buildReferrer(subject, { body: 'theirs' }).root
  const stored = registry.repository('app')
  const { kind: _, ...descriptor } = theirs
  const list = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }))
  using sleep = vi.spyOn(systemClock, 'sleep').mockImplementationOnce(async () => {
    stored.tags.set(tag, stored.addManifest('application/vnd.oci.image.index.v1+json', list))
  })
  const ours = await attach(repository, 'ours')
  expect(sleep).toHaveBeenCalledTimes(2)
  const { bytes = new Uint8Array() } = stored.manifests.get(stored.tags.get(tag) ?? 'sha256:') ?? {}
  expect(referrersIn(bytes).map(({ digest }) => digest)).toEqual([theirs.digest, ours])
})

test('a list that keeps nothing is an error', async () => {
  const { registry, repository } = await open(true)
  const { tags } = registry.repository('app')
  tags.set = () => tags
  await expect(attach(repository, 'a')).rejects.toMatchObject({ code: 'protocol-error' })
})

test('an image that has the tag of the list is not written over', async () => {
  const { registry, repository } = await open(true)
  const image = buildImage()
  registry
    .repository('app')
    .addManifest(image.root.mediaType, image.blobs.get(image.root.digest) ?? new Uint8Array(), tag)
  expect(await found(repository)).toEqual([])
  await expect(attach(repository, 'a')).rejects.toMatchObject({
    code: 'tag-exists',
    hint: expect.stringContaining('--no-referrers'),
  })
  expect(registry.repository('app').tags.get(tag)).toBe(image.root.digest)
})

test('looking costs four questions, and without the API one more, once', async () => {
  const { registry, repository } = await open(false)
  await found(repository)
  expect(registry.requests).toHaveLength(4)
  registry.quirks.noReferrers = true
  const { repository: other } = { repository: { ...repository, access: { ...repository.access, repository: 'other' } } }
  registry.requests.length = 0
  await Promise.all([found(other), found(other), found(other)])
  expect(registry.requests).toHaveLength(1 + 3 * 4)
})
