/** Items that wait for the same work, of which a bounded number is done at once. */
export interface Lane<T> {
  add(item: T): void
}

/**
 * Work that belongs together: the first failure stops what has not begun, and nobody goes on before what has begun has ended.
 *
 * An item costs its place in a queue and no promise, so a hundred thousand of them may wait.
 */
export interface WorkGroup {
  /** Aborted by the first failure. Work MUST observe it. */
  readonly signal: AbortSignal
  lane<T>(atOnce: number, work: (item: T) => Promise<void>): Lane<T>
  /** Waits until every lane is empty; work may add more. @throws the first failure */
  settled(): Promise<void>
}

export function createWorkGroup(outer?: AbortSignal): WorkGroup {
  const controller = new AbortController()
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal])
  const ended = Promise.withResolvers<void>()
  let failure: { readonly error: unknown } | undefined
  let open = 0

  const fail = (error: unknown) => {
    if (failure !== undefined) return
    failure = { error: outer?.aborted ? outer.reason : error }
    controller.abort(failure.error)
  }
  const close = (items: number) => {
    open -= items
    if (open === 0) ended.resolve()
  }

  return {
    signal,
    lane<T>(atOnce: number, work: (item: T) => Promise<void>): Lane<T> {
      let waiting: T[] = []
      let next = 0
      let active = 0

      const perform = async (item: T) => {
        try {
          signal.throwIfAborted()
          await work(item)
        } catch (error) {
          fail(error)
        }
        active -= 1
        begin()
        close(1)
      }
      const begin = () => {
        if (failure !== undefined) {
          const dropped = waiting.length - next
          waiting = []
          next = 0
          if (dropped > 0) close(dropped)
          return
        }
        while (active < atOnce && next < waiting.length) {
          // in range: next < length
          const item = waiting[next] as T
          next += 1
          active += 1
          void perform(item)
        }
        if (next === waiting.length) {
          waiting = []
          next = 0
        }
      }
      return {
        add(item) {
          open += 1
          waiting.push(item)
          begin()
        },
      }
    },
    async settled() {
      if (open > 0) await ended.promise
      if (failure !== undefined) throw failure.error
      outer?.throwIfAborted()
    },
  }
}
