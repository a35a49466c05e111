import { isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'
import type { DaemonAddress } from './daemon-address.ts'

/** Why nothing answers where the daemon should be, and what to do about it. */
export function notAnswering(error: unknown, { name, origin, route }: DaemonAddress): unknown {
  if (!isLadingError(error, 'network', 'timeout', 'tls', 'protocol-error')) return error
  const system = systemCode(error.cause)
  const unavailable = (message: string, hint: string) =>
    new LadingError('daemon-unavailable', message, { cause: error, hint })
  if (system === 'EACCES' || system === 'EPERM') {
    return unavailable(
      `Docker's socket may not be opened: permission denied at ${name}`,
      'add yourself to the group docker with `sudo usermod -aG docker $USER` and log in again, or run this with sudo',
    )
  }
  if (error.code === 'tls') {
    const hint =
      'the certificates are ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH, or in the folder of --src-cert-dir or --dest-cert-dir; for plain HTTP write http://HOST:PORT'
    return new LadingError('tls', `${error.message}: ${name}`, { cause: error, hint })
  }
  const known = system === 'ENOENT' || system === 'ECONNREFUSED'
  // Who is asked for a certificate and has none sees no more than a closed connection.
  const unknownToIt = !known && origin.startsWith('https:') && route.cert === undefined
  return unavailable(
    `Docker does not answer at ${name}${known ? '' : `: ${error.message}`}`,
    unknownToIt
      ? 'if it asks for a certificate, put cert.pem and key.pem into DOCKER_CERT_PATH'
      : 'is it running? Start it, or set DOCKER_HOST to where it listens',
  )
}

/** What Docker says of a request that it does not do. */
export async function refusal(response: HttpResponse): Promise<LadingError> {
  const { status } = response
  const text = new TextDecoder().decode(await readAll(response.body, limits.errorBytes, 'an error'))
  const said = messageOf(text) ?? `it answered ${status}`
  const [code, message] =
    status === 404 ? (['image-not-found', said] as const) : (['server-error', `Docker refuses: ${said}`] as const)
  return new LadingError(code, message, { status })
}

function messageOf(text: string): string | undefined {
  try {
    const value: unknown = readJson(text)
    const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined
    return typeof message === 'string' && message !== '' ? oneLine(message) : undefined
  } catch {
    return oneLine(text) || undefined
  }
}

/** Of others' words, as much as a message can hold. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 1000)
}
