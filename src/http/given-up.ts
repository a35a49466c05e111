import type { Tried } from '../errors/index.ts'
import type { HttpResponse } from './http-client.ts'
import type { NetworkFailure } from './network-failure.ts'
import { isTransientStatus } from './retry.ts'

/** How long is waited before a request is sent again. */
export interface Delay {
  /** `undefined`: the server asks for more than is waited. */
  readonly waitMs: number | undefined
  readonly askedMs?: number | undefined
}

/** The answer, or the error thrown, with what was tried where it was tried again, or would have been had the server not asked for so much. */
export function givenUp(
  outcome: HttpResponse | NetworkFailure,
  counted: Tried,
  delay: Delay | undefined,
): HttpResponse {
  const askedMs = delay !== undefined && delay.waitMs === undefined ? delay.askedMs : undefined
  const tried = counted.attempts > 1 || askedMs !== undefined ? { ...counted, askedMs } : undefined
  if ('error' in outcome) throw outcome.error.afterTrying(tried)
  return tried !== undefined && isTransientStatus(outcome.status) ? { ...outcome, tried } : outcome
}
