import type { Session } from '../copy/session.ts'
import { LadingError } from '../errors/index.ts'
import type { HttpClient, HttpResponse } from '../http/index.ts'
import { redactUrl } from '../http/redact.ts'
import { limits } from '../model/limits.ts'
import { type ByteStream, readAll, type Spooled, spool } from '../streams/index.ts'

export interface ReleaseServer {
  readonly http: HttpClient
  readonly temporaryFolder?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** @param session is asked for its HTTP client, and left open */
export async function openReleaseServer(
  session: Session,
  options: Pick<ReleaseServer, 'temporaryFolder' | 'signal'>,
): Promise<ReleaseServer> {
  return { ...options, http: await session.context('source').http() }
}

/** The bytes that a download is said to have; `undefined` where the server does not tell. */
export async function sizeOfRelease(url: string, { http, signal }: ReleaseServer): Promise<number | undefined> {
  try {
    const answer = await http.request({ method: 'HEAD', url, signal, attempts: 1 })
    await answer.discard()
    const said = Number(answer.headers.get('content-length') ?? Number.NaN)
    return answer.status === 200 && Number.isSafeInteger(said) && said > 0 ? said : undefined
  } catch {
    // it is only shown; what is wrong the download itself will say
    signal?.throwIfAborted()
    return undefined
  }
}

/** A document of a release, whole. @throws LadingError `server-error`, `too-large`, what the client throws */
export async function readRelease(url: string, limit: number, { http, signal }: ReleaseServer): Promise<Uint8Array> {
  return await downloading(url, async () => {
    const answer = await http.request({ method: 'GET', url, signal, documentBytes: limit })
    requireOk(answer)
    return await readAll(answer.body, limit, 'it')
  })
}

/** A file of a release, as it came: nothing in it has been checked. @throws LadingError `server-error`, `too-large`, what the client throws */
export async function downloadRelease(url: string, server: ReleaseServer): Promise<Spooled> {
  const { http, signal, temporaryFolder } = server
  return await downloading(url, async () => {
    const answer = await http.request({ method: 'GET', url, signal })
    requireOk(answer)
    return await spool(upTo(limits.scannerArchiveBytes, answer.body), temporaryFolder)
  })
}

async function downloading<T>(url: string, download: () => Promise<T>): Promise<T> {
  try {
    return await download()
  } catch (error) {
    throw error instanceof LadingError ? error.with({ operation: 'download', subject: redactUrl(url) }) : error
  }
}

function requireOk({ status }: HttpResponse): void {
  if (status === 200) return
  throw new LadingError('server-error', `the server of the release answered ${status}`, {
    status,
    hint:
      status === 404
        ? 'there is no such release for this machine: name another with --trivy-version'
        : 'try again later, or name a mirror in LADING_TRIVY_RELEASES',
  })
}

async function* upTo(limit: number, body: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new LadingError('too-large', `it has more than ${limit} bytes`)
    yield chunk
  }
}
