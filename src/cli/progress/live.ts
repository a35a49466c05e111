import type { Clock } from '../clock.ts'
import type { Output } from '../context.ts'
import { eventText } from './event-text.ts'
import { frame } from './frame.ts'
import type { Progress } from './progress.ts'
import { Tally } from './tally.ts'

const redrawMilliseconds = 100
const rateWindowMilliseconds = 5000

/** A display that is redrawn in place, ten times a second, and gone at the end. Warnings and retries stay above it. */
export function openLiveProgress(output: Output, clock: Clock): Progress {
  const tally = new Tally(rateWindowMilliseconds)
  let drawn: readonly string[] = []
  let kept = ''

  const stop = clock.every(redrawMilliseconds, redraw)
  return {
    onEvent(event) {
      tally.add(event)
      const text = eventText(event)
      if (text !== undefined) kept += `${text}\n`
    },
    close() {
      stop()
      output.write(toTop() + kept)
      drawn = []
      kept = ''
    },
  }

  function redraw(): void {
    tally.sample(clock.now())
    const lines = frame(tally, screen())
    // one write, so that no half of a frame is ever seen
    output.write(`${toTop()}${kept}${lines.join('\n')}\n`)
    drawn = lines
    kept = ''
  }

  /** To the first line of what was drawn, and everything from there on cleared. */
  function toTop(): string {
    // a terminal made narrower since has wrapped the lines
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / screen().columns)), 0)
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[J`
  }

  function screen() {
    return { columns: output.columns || 80, rows: output.rows || 24 }
  }
}
