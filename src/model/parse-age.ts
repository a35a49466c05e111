import { parseDuration } from './parse-duration.ts'

/** An age: as it is written, and in seconds. */
export interface Age {
  readonly text: string
  readonly seconds: number
}

/** What Go's durations hold, in which s3lo counts: 2^63 nanoseconds. */
const maxSeconds = 9_223_372_036

/** `90d`, or a duration of Go like `168h` or `1h30m`. The two do not mix: s3lo would not read the file. */
export function parseAge(text: string): Age | undefined {
  const [, days] = /^\+?(\d+)d$/.exec(text) ?? []
  const seconds = days === undefined ? parseDuration(text) : Number(days) * 86_400
  return seconds === undefined || seconds > maxSeconds ? undefined : { text, seconds }
}
