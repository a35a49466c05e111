import { integer, text } from '../../options.ts'

/** Attempts of a whole command. */
export const retryOptions = {
  retryDelay: text({ value: 'duration', description: 'not there yet' }),
  retryTimes: integer({ value: 'int', description: 'not there yet' }),
} as const
