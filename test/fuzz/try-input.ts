import { isLadingError } from '../../src/errors/index.ts'
import type { FuzzTarget } from './target.ts'

/** What is wrong with how a target took an input. */
export interface Finding {
  readonly target: string
  readonly input: Uint8Array
  readonly what: string
}

/** No input is so large that an honest reader needs a tenth of it. */
const patienceMs = 5_000

/** Gives a target an input. `undefined`: it read it, or refused it as it should. */
export async function tryInput(target: FuzzTarget, input: Uint8Array): Promise<Finding | undefined> {
  const found = (what: string): Finding => ({ target: target.name, input, what })
  const began = process.cpuUsage()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(resolve, 4 * patienceMs, 'late')
  })
  try {
    if ((await Promise.race([Promise.resolve(target.run(input)), late])) === 'late') return found('it never ends')
  } catch (error) {
    if (!isLadingError(error) || error.code === 'internal') {
      return found(error instanceof Error ? (error.stack ?? error.message) : `it threw ${String(error)}`)
    }
  } finally {
    clearTimeout(timer)
  }
  // Of the processor: others may be at work on this machine.
  const { user, system } = process.cpuUsage(began)
  const took = (user + system) / 1000
  return took > patienceMs ? found(`it took ${Math.round(took)} ms`) : undefined
}
