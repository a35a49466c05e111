import { mkdtemp, open } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDigester, digestParts } from '../../src/model/digest.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { lading } from '../e2e/lading.ts'
import { startProxy } from '../services/start-proxy.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, type S3Place } from './s3-place.ts'

/** What passed in a copy that was killed and done again. */
export interface ResumeReport {
  readonly parts: number
  /** Whose arrival the server had confirmed when the process was killed. */
  readonly storedBeforeKill: number
  /** Of those, the ones that the second run sent once more. */
  readonly sentAgain: number
  readonly bytes: { readonly firstUp: number; readonly secondUp: number; readonly down: number }
  /** Of the second run. */
  readonly peakBytes: number
}

const partBytes = usualPartBytes
/** Long enough for a kill that follows at once, and no longer: the proxy does not end before. */
const holdMilliseconds = 3000

export interface ResumeOptions {
  readonly bucket: string
  readonly layerBytes: number
  /** Keep the second half from arriving before the kill: a small layer would be done before. */
  readonly hold?: boolean
}

/**
 * Copies an image with one layer into a bucket, kills the process when half of it is stored, and copies it again in a new one.
 *
 * @throws Error where the second run fails
 */
export async function killAndResume(place: S3Place, options: ResumeOptions): Promise<ResumeReport> {
  const { bucket, layerBytes, hold = false } = options
  await using proxy = await startProxy(place.url)
  const folder = await mkdtemp(path.join(temporaryFolder(), 'resume-'))
  const hex = await sparseLayout(path.join(folder, 'layout'), layerBytes)
  const env = { ...environmentOf({ ...place, url: proxy.url }, folder), HOME: folder }
  const copy = ['copy', `oci:${folder}/layout:v1`, `s3://${bucket}/resumed:v1`]
  const parts = Math.ceil(layerBytes / partBytes)
  if (hold) proxy.fault({ method: 'PUT', path: laterThan(Math.ceil(parts / 2)), delayMilliseconds: holdMilliseconds })
  const half = async () => {
    while (storedParts(proxy.requests, hex).size < Math.ceil(parts / 2)) await sleep(20)
  }
  const killed = await lading(copy, { env, during: child => void half().then(() => child.kill('SIGKILL')) })
  if (killed.signal !== 'SIGKILL') throw new Error(`the first run was not killed: ${killed.stderr}`)
  const first = proxy.requests.splice(0)
  proxy.clearFaults()
  const second = await lading(copy, { env })
  if (second.code !== 0) throw new Error(`the second run failed: ${second.stderr}`)
  const stored = storedParts(first, hex)
  return {
    parts,
    storedBeforeKill: stored.size,
    sentAgain: [...storedParts(proxy.requests, hex)].filter(part => stored.has(part)).length,
    bytes: {
      firstUp: sum(first, 'requestBytes'),
      secondUp: sum(proxy.requests, 'requestBytes'),
      down: sum([...first, ...proxy.requests], 'responseBytes'),
    },
    peakBytes: second.peakBytes,
  }
}

/** An OCI layout with one layer, a file that is all holes but for a mark in each part. Answers the layer's digest. */
async function sparseLayout(folder: string, layerBytes: number): Promise<string> {
  const mark = (at: number) => Buffer.from(`part ${at / partBytes}`)
  const digester = createDigester()
  const zeros = new Uint8Array(partBytes)
  for (let at = 0; at < layerBytes; at += partBytes) {
    digester.update(mark(at))
    digester.update(zeros.subarray(mark(at).length, Math.min(partBytes, layerBytes - at)))
  }
  const digest = digester.digest()
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: layerBytes }]
  const image = buildImage({ manifest: { layers } })
  await writeLayout(folder, { v1: image })
  const { hex } = digestParts(digest)
  await using file = await open(path.join(folder, 'blobs/sha256', hex), 'w')
  await file.truncate(layerBytes)
  for (let at = 0; at < layerBytes; at += partBytes) await file.write(mark(at), 0, undefined, at)
  return hex
}

/** Requests for parts after this one. */
function laterThan(part: number): RegExp {
  const numbers = Array.from({ length: 10_000 - part }, (_, i) => part + 1 + i)
  return new RegExp(`partNumber=(${numbers.join('|')})(&|$)`)
}

function storedParts(requests: readonly RecordedRequest[], hex: string): Set<number> {
  const stored = requests.filter(({ method, path: target, status }) => {
    return method === 'PUT' && status === 200 && target.includes(hex)
  })
  return new Set(stored.map(({ path: target }) => Number(/partNumber=(\d+)/.exec(target)?.[1])))
}

function sum(requests: readonly RecordedRequest[], field: 'requestBytes' | 'responseBytes'): number {
  return requests.reduce((total, request) => total + request[field], 0)
}
