/**
 * Tasks that belong together: the first that fails stops the others, and nobody goes on before all have ended.
 *
 * Every task MUST be started through `run` and observe `signal`.
 */
export interface TaskGroup {
  readonly signal: AbortSignal
  /** Starts a task. The promise settles with it; the group remembers its failure, so it may be dropped. */
  run<T>(task: () => Promise<T>): Promise<T>
  /** Waits for every task, also for those started meanwhile. @throws the first failure */
  settled(): Promise<void>
}

export function createTaskGroup(outer?: AbortSignal): TaskGroup {
  const controller = new AbortController()
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal])
  const open = new Set<Promise<unknown>>()
  let failure: { readonly error: unknown } | undefined

  return {
    signal,
    run(task) {
      const started = (async () => {
        signal.throwIfAborted()
        return await task()
      })()
      const observed = started.then(
        () => void open.delete(observed),
        error => {
          open.delete(observed)
          failure ??= { error: outer?.aborted ? outer.reason : error }
          controller.abort(failure.error)
        },
      )
      open.add(observed)
      return started
    },
    async settled() {
      while (open.size > 0) await Promise.all(open)
      if (failure !== undefined) throw failure.error
    },
  }
}
