import * as v from 'valibot'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { readAll } from '../../streams/index.ts'
import { parseAnswer, parseJson } from './object-resource.ts'
import { cachedToken, type TokenSource } from './token-source.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The server answers within milliseconds where there is one, and nobody does anywhere else. */
const presenceMs = 1500

const flavor = { 'metadata-flavor': 'Google' }
const tokenSchema = v.object({ access_token: v.string(), expires_in: v.number() })

/**
 * The service account of this machine, pod or function, where it runs at Google and has one:
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 */
export async function machineAccount(
  http: HttpClient,
  environment: Environment,
  signal?: AbortSignal,
): Promise<{ email: string; source: () => TokenSource } | undefined> {
  if (environment.METADATA_SERVER_DETECTION?.trim().toLowerCase() === 'none') return undefined
  const host = environment.GCE_METADATA_HOST || environment.GCE_METADATA_IP || '169.254.169.254'
  const account = `http://${host}/computeMetadata/v1/instance/service-accounts/default`
  const email = await presence(http, `${account}/email`, signal)
  return email === undefined
    ? undefined
    : { email, source: () => cachedToken(() => fetchToken(http, `${account}/token`)) }
}

async function presence(http: HttpClient, url: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const patience = AbortSignal.timeout(presenceMs)
  const either = signal === undefined ? patience : AbortSignal.any([signal, patience])
  try {
    const answer = await http.request({ method: 'GET', url, headers: flavor, attempts: 1, signal: either })
    const text = new TextDecoder().decode(await readAll(answer.body, 1024, 'the name of an account'))
    // Somebody else may answer at this address; a machine without an account answers 404.
    return answer.status === 200 && answer.headers.get('metadata-flavor') === 'Google' ? text.trim() : undefined
  } catch (error) {
    signal?.throwIfAborted()
    if (patience.aborted || isLadingError(error)) return undefined
    throw error
  }
}

async function fetchToken(http: HttpClient, url: string): Promise<{ token: string; expiresAt: number }> {
  const answer = await http.request({ method: 'GET', url, headers: flavor })
  const text = new TextDecoder().decode(await readAll(answer.body, 64 * 1024, 'a token'))
  if (answer.status !== 200)
    throw new LadingError('unauthorized', `the metadata server answers ${answer.status} where a token was asked for`, {
      status: answer.status,
      hint: 'give the machine a service account with access to Cloud Storage',
    })
  const { access_token: token, expires_in: seconds } = parseAnswer(tokenSchema, parseJson(text))
  return { token, expiresAt: Date.now() + seconds * 1000 }
}
