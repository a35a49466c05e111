import type { CopyOptions } from '../../../copy/index.ts'
import { defined } from '../../defined.ts'
import { count, duration } from '../../options.ts'

/** Attempts of a whole copy. */
export const retryOptions = {
  retryDelay: duration({
    value: 'duration',
    description: 'the wait between attempts; not given: 1, 2, 4, 8 … seconds',
  }),
  retryTimes: count({ value: 'int', default: 0, least: 0, description: 'how often it is tried again' }),
} as const

type Given = { readonly [K in keyof typeof retryOptions]: ReturnType<(typeof retryOptions)[K]['read']> }

export function retriesOf({ retryDelay, retryTimes }: Given): Pick<CopyOptions, 'retryTimes' | 'retryDelaySeconds'> {
  return { retryTimes, ...defined({ retryDelaySeconds: retryDelay }) }
}

/** The same for a command that has no attempts of its own: its requests are tried again. */
export function requestRetriesOf({ retryTimes }: Given): Pick<CopyOptions, 'retryRequests'> {
  return { retryRequests: retryTimes > 0 }
}
