// What undici alone does with the same parts and as many at a time, and without the digests of the blobs: `node undici-parts.ts PLAN`
import { open } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { type S3Keys, signS3 } from './s3-signature.ts'

export interface UndiciPlan {
  readonly keys: S3Keys
  readonly partBytes: number
  /** Parts under way at a time, of all blobs together. */
  readonly concurrency: number
  /** From any URL to one of S3. */
  readonly up?: readonly Move[]
  /** From a URL of S3 to a file. */
  readonly down?: readonly Move[]
}

interface Move {
  readonly from: string
  readonly to: string
  readonly size: number
}

const plan: UndiciPlan = JSON.parse(process.argv[2] ?? '{}')
const dispatcher = new Agent({ connections: 64 })
const underWay = new Set<Promise<unknown>>()

/** Starts it as soon as fewer are under way than may be. */
async function inTurn<T>(run: () => Promise<T>): Promise<{ readonly ended: Promise<T> }> {
  while (underWay.size >= plan.concurrency) await Promise.race(underWay)
  const ended = run()
  underWay.add(ended)
  void ended.finally(() => underWay.delete(ended)).catch(() => {})
  return { ended }
}

async function askS3(method: 'GET' | 'POST' | 'PUT', address: string, body?: Uint8Array, range?: string) {
  const url = new URL(address)
  const headers = { ...signS3(method, url, body, plan.keys), ...(range === undefined ? {} : { range }) }
  const answer = await request(url, { method, headers, dispatcher, ...(body === undefined ? {} : { body }) })
  if (answer.statusCode >= 300)
    throw new Error(`${method} ${address}: ${answer.statusCode} ${await answer.body.text()}`)
  return answer
}

async function up({ from, to, size }: Move): Promise<void> {
  const started = await (await askS3('POST', `${to}?uploads=`)).body.text()
  const id = encodeURIComponent(/<UploadId>([^<]+)/.exec(started)?.[1] ?? '')
  const { body } = await request(from, { dispatcher })
  const etags: Promise<string>[] = []
  const send = async (bytes: Uint8Array) => {
    const number = etags.length + 1
    const { ended } = await inTurn(async () => {
      const answer = await askS3('PUT', `${to}?partNumber=${number}&uploadId=${id}`, bytes)
      await answer.body.dump()
      return String(answer.headers.etag)
    })
    etags.push(ended)
  }
  const partAt = (at: number) => Buffer.allocUnsafe(Math.min(plan.partBytes, size - at))
  let part = partAt(0)
  let filled = 0
  let read = 0
  for await (const chunk of body) {
    for (let rest: Buffer = chunk; rest.byteLength > 0; ) {
      const taken = rest.copy(part, filled)
      filled += taken
      read += taken
      rest = rest.subarray(taken)
      if (filled < part.byteLength) continue
      await send(part)
      part = partAt(read)
      filled = 0
    }
  }
  const parts = (await Promise.all(etags)).map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  const done = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
  await (await askS3('POST', `${to}?uploadId=${id}`, done)).body.dump()
}

async function down({ from, to, size }: Move): Promise<void> {
  await using file = await open(to, 'w')
  const parts: Promise<void>[] = []
  for (let start = 0; start < size; start += plan.partBytes) {
    const { ended } = await inTurn(async () => {
      const { body } = await askS3(
        'GET',
        from,
        undefined,
        `bytes=${start}-${Math.min(size, start + plan.partBytes) - 1}`,
      )
      let at = start
      for await (const chunk of body) {
        await file.write(chunk, 0, chunk.byteLength, at)
        at += chunk.byteLength
      }
    })
    parts.push(ended)
  }
  await Promise.all(parts)
}

await Promise.all([...(plan.up ?? []).map(up), ...(plan.down ?? []).map(down)])
await dispatcher.close()
