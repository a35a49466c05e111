import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import type { Access } from '../../../auth/index.ts'
import { LadingError } from '../../../errors/index.ts'
import type { Digest } from '../../../model/digest.ts'
import { limits } from '../../../model/limits.ts'
import { readJson } from '../../../model/read-json.ts'
import { readAll } from '../../../streams/index.ts'
import type { RegistryClient } from '../registry-client.ts'

/** A repository of a registry that keeps signatures itself: what OpenShift's does, and says with `X-Registry-Supports-Signatures: 1`. */
export interface SignatureRepository {
  readonly client: RegistryClient
  readonly access: Access
}

const version = 2
const kind = 'atomic'

const listSchema = v.looseObject({
  signatures: v.nullish(
    v.pipe(
      v.array(
        v.looseObject({
          schemaVersion: v.number(),
          name: v.string(),
          type: v.optional(v.string(), ''),
          content: v.nullish(v.pipe(v.string(), v.base64()), ''),
        }),
      ),
      v.maxLength(limits.signatures),
    ),
  ),
})

/** @throws LadingError what the registry answers; `protocol-error` where nobody can read it */
export async function readExtension(
  repository: SignatureRepository,
  manifest: Digest,
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const known = await readList(repository, manifest, signal)
  return known
    .filter(({ schemaVersion, type }) => schemaVersion === version && type === kind)
    .map(({ content }) => Buffer.from(content ?? '', 'base64'))
}

/** Adds what is not there yet: there is no way to remove one. @throws LadingError what the registry answers */
export async function writeExtension(
  repository: SignatureRepository,
  manifest: Digest,
  signatures: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<void> {
  const { client, access } = repository
  const there = (await readExtension(repository, manifest, signal)).map(bytes => Buffer.from(bytes).toString('base64'))
  for (const signature of signatures) {
    const content = Buffer.from(signature).toString('base64')
    if (there.includes(content)) continue
    const name = `${manifest}@${randomBytes(16).toString('hex')}`
    const response = await client.ask({
      method: 'PUT',
      target: targetOf(access, manifest),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ schemaVersion: version, name, type: kind, content })),
      access: [access],
      subject: `signature of ${manifest}`,
      expected: [201],
      signal,
    })
    await response.discard()
  }
}

async function readList({ client, access }: SignatureRepository, manifest: Digest, signal: AbortSignal | undefined) {
  const response = await client.ask({
    method: 'GET',
    target: targetOf(access, manifest),
    access: [access],
    subject: `signatures of ${manifest}`,
    expected: [200, 404],
    documentBytes: limits.signatureBytes,
    signal,
  })
  if (response.status === 404) {
    // It knows no such manifest, which may be on its way.
    await response.discard()
    return []
  }
  const bytes = await readAll(response.body, limits.signatureBytes, `the signatures of ${manifest}`)
  try {
    return v.parse(listSchema, readJson(bytes)).signatures ?? []
  } catch (cause) {
    throw new LadingError('protocol-error', `${client.session.registry} gives no list of signatures`, {
      operation: 'read signatures',
      cause,
    })
  }
}

function targetOf({ repository }: Access, manifest: Digest): string {
  return `/extensions/v2/${repository}/signatures/${manifest}`
}
