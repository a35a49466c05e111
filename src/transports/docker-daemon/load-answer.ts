import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import type { ByteStream } from '../../streams/index.ts'
import { oneLine } from './engine-error.ts'

/** Of one line: what is longer is no message, and is passed over. */
const maxLineCharacters = limits.daemonLineCharacters

/**
 * Reads what Docker says while it loads an image, to the end: JSON, a line each. It has answered 200 long before it fails.
 *
 * @throws LadingError `server-error` with Docker's own words
 */
export async function readLoadAnswer(body: ByteStream): Promise<void> {
  let failure: string | undefined
  for await (const line of linesOf(body)) failure ??= failureOf(line)
  if (failure !== undefined)
    throw new LadingError('server-error', `Docker could not load the image: ${oneLine(failure)}`)
}

async function* linesOf(body: ByteStream): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (lines.pop() ?? '').slice(0, maxLineCharacters)
    yield* lines
  }
  yield rest + decoder.decode()
}

/** Progress and what is no JSON say nothing that is needed. */
function failureOf(line: string): string | undefined {
  let value: unknown
  try {
    value = readJson(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  // looked at, whatever they are
  const { error, errorDetail, stream } = value as { error?: unknown; errorDetail?: unknown; stream?: unknown }
  // With containerd's store that is no error to Docker, and the image is there and cannot be run.
  if (typeof stream === 'string' && stream.startsWith('Error unpacking image')) return stream
  const detail =
    typeof errorDetail === 'object' && errorDetail !== null && 'message' in errorDetail
      ? errorDetail.message
      : undefined
  if (typeof detail === 'string' && detail !== '') return detail
  return typeof error === 'string' && error !== ''
    ? error
    : errorDetail === undefined
      ? undefined
      : 'it does not say why'
}
