import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import type { InclusionProof, RekorEntry, RekorLog } from './rekor-log.ts'
import { askService, readAnswer, type Service, serviceUrl } from './service-request.ts'

const base64 = v.pipe(v.string(), v.base64())
const hexadecimal = v.pipe(v.string(), v.hexadecimal())
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Rekor's API, LogEntry: one entry, by its name. */
const answer = v.pipe(
  v.record(
    v.string(),
    v.object({
      body: base64,
      integratedTime: count,
      logID: hexadecimal,
      logIndex: count,
      verification: v.object({
        signedEntryTimestamp: base64,
        inclusionProof: v.optional(
          v.object({
            checkpoint: v.string(),
            hashes: v.array(hexadecimal),
            logIndex: count,
            rootHash: hexadecimal,
            treeSize: count,
          }),
        ),
      }),
    }),
  ),
  v.check(entries => Object.keys(entries).length === 1),
)
const body = v.object({ kind: v.string(), apiVersion: v.string() })

/** The path of its entries, below its address. */
const entriesPath = '/api/v1/log/entries'

/** A log that speaks the API of Rekor, version 1. @param url `https://rekor.sigstore.dev` @throws LadingError `bad-argument` */
export function openRekor(http: HttpClient, url: string): RekorLog {
  const service: Service = { http, url, name: 'Rekor' }
  const entries = serviceUrl(service, entriesPath)

  async function enter(kind: string, spec: object, signal: AbortSignal | undefined): Promise<RekorEntry> {
    const proposed = Buffer.from(JSON.stringify({ apiVersion: '0.0.1', kind, spec }))
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const posted = await askService(
      service,
      { method: 'POST', url: entries, headers, body: proposed, signal },
      [201, 409],
    )
    if (posted.response.status !== 409) return readEntry(posted.body, service)
    // It is there: a request of ours was answered, and the answer was lost.
    const name = /\/([0-9a-f]+)$/.exec(posted.response.headers.get('location') ?? '')?.[1]
    if (name === undefined) {
      throw new LadingError('protocol-error', 'Rekor has the signature already, and does not say where', {
        subject: url,
      })
    }
    const got = await askService(service, { method: 'GET', url: `${entries}/${name}`, headers, signal }, [200])
    return readEntry(got.body, service)
  }

  return {
    enterHash: ({ signature, content, verifier }, signal) =>
      enter(
        'hashedrekord',
        {
          data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(content).digest('hex') } },
          signature: {
            content: Buffer.from(signature).toString('base64'),
            publicKey: { content: Buffer.from(verifier).toString('base64') },
          },
        },
        signal,
      ),
    enterEnvelope: ({ envelope, verifier }, signal) =>
      enter('dsse', { proposedContent: { envelope, verifiers: [Buffer.from(verifier).toString('base64')] } }, signal),
  }
}

function readEntry(bytes: Uint8Array, service: Service): RekorEntry {
  const [entry] = Object.values(readAnswer(answer, bytes, service))
  if (entry === undefined) throw new LadingError('protocol-error', 'Rekor answered without an entry')
  const content = Buffer.from(entry.body, 'base64')
  const { kind, apiVersion } = readAnswer(body, content, service)
  const proof: InclusionProof | undefined = entry.verification.inclusionProof
  return {
    body: content,
    integratedTime: entry.integratedTime,
    logIndex: entry.logIndex,
    logId: entry.logID,
    signedEntryTimestamp: Buffer.from(entry.verification.signedEntryTimestamp, 'base64'),
    kind: { kind, version: apiVersion },
    inclusionProof: proof,
  }
}
