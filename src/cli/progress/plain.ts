import type { Clock } from '../clock.ts'
import type { Output } from '../context.ts'
import { eventText } from './event-text.ts'
import { totalLine } from './frame.ts'
import type { Progress } from './progress.ts'
import { Tally } from './tally.ts'

const lineMilliseconds = 5000

/** A line every few seconds, for logs. */
export function openPlainProgress(output: Output, clock: Clock): Progress {
  const tally = new Tally(lineMilliseconds)
  tally.sample(clock.now())
  const stop = clock.every(lineMilliseconds, () => {
    tally.sample(clock.now())
    output.write(`${totalLine(tally).trimStart()}\n`)
  })
  return {
    onEvent(event) {
      tally.add(event)
      const text = eventText(event)
      if (text !== undefined) output.write(`${text}\n`)
    },
    close: stop,
  }
}
