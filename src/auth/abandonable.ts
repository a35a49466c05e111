/** Waits for work that others wait for too, no longer than the signal allows. */
export async function abandonable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const { promise, reject } = Promise.withResolvers<never>()
  const abandon = () => reject(signal.reason)
  signal.addEventListener('abort', abandon, { once: true })
  // Even where it is aborted already, the work is waited for by someone: if it fails later, that is no unhandled rejection.
  if (signal.aborted) abandon()
  try {
    return await Promise.race([promise, work])
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}
