import { LadingError } from '../errors/index.ts'

/** Runs an operation; whatever it throws once `signal` is aborted is the interruption. @throws LadingError `interrupted` */
export async function interruptible<T>(signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await operation()
  } catch (error) {
    if (signal?.aborted) throw new LadingError('interrupted', 'interrupted', { cause: signal.reason })
    throw error
  }
}
