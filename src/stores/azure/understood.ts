import { LadingError } from '../../errors/index.ts'

/**
 * What the SDK makes of an answer. It stumbles over one that lacks what it takes for granted: nothing of ours runs in `call`, so that is the
 * answer's fault.
 *
 * @throws LadingError `protocol-error`; what else the SDK throws
 */
export async function understood<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    throw new LadingError('protocol-error', `what answers is not Azure Blob Storage: ${error.message}`, {
      hint: 'check the endpoint, and what stands before it',
    })
  }
}

/** The pages of a listing of the SDK, each read as `understood` reads. */
export async function* understoodPages<T>(pages: AsyncIterableIterator<T>): AsyncGenerator<T, void, undefined> {
  for (let next = await understood(() => pages.next()); next.done !== true; next = await understood(() => pages.next()))
    yield next.value
}
