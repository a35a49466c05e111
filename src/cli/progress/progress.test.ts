import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { ManualClock } from '../../../test/cli/manual-clock.ts'
import { TextOutput } from '../../../test/cli/text-output.ts'
import type { CopyEvent } from '../../copy/events.ts'
import { openProgress, type ProgressMode } from './open-progress.ts'

const digest = digestOfLetter('a')
const planned: CopyEvent = { type: 'planned', blobs: 1, bytes: 1000 }
const started: CopyEvent = { type: 'started', digest, kind: 'layer', size: 1000 }
const copied: CopyEvent = { type: 'copied', digest, kind: 'layer', size: 1000 }
const warning: CopyEvent = { type: 'warning', message: 'odd\u001b[2J' }
const retried: CopyEvent = { type: 'retried', subject: 'blob a', attempt: 2, waitSeconds: 4, reason: 'status 503' }

function progress(bytes: number): CopyEvent {
  return { type: 'progress', digest, bytes }
}

function open(mode: ProgressMode, output: TextOutput, env: NodeJS.ProcessEnv = {}) {
  const clock = new ManualClock()
  return { clock, output, ...openProgress(mode, { stderr: output, clock, env }) }
}

describe('live progress', () => {
  const bar = (filled: number) => `[${'='.repeat(filled)}${' '.repeat(30 - filled)}]`

  test('draws in place, keeps what was said, and is gone at the end', () => {
    const { clock, output, onEvent, close } = open('auto', new TextOutput({ columns: 100, rows: 24 }))
    clock.advance(100)
    expect(output.take()).toBe('planning\n')
    onEvent(planned)
    onEvent(started)
    clock.advance(100)
    expect(output.take()).toBe(
      `<ESC>[1A<ESC>[Jlayer    sha256:aaaaaaaaaaaa ${bar(0)} 0 B / 1.0 kB\n  0%  0 B of 1.0 kB  0 B/s  0 of 1 blob\n`,
    )
    onEvent(progress(500))
    onEvent(retried)
    onEvent(warning)
    clock.advance(100)
    expect(output.take()).toBe(
      `<ESC>[2A<ESC>[Jattempt 2 of blob a failed, next in 4.0s: status 503\nwarning: odd\ufffd[2J\n` +
        `layer    sha256:aaaaaaaaaaaa ${bar(15)} 500 B / 1.0 kB\n 50%  500 B of 1.0 kB  2.5 kB/s  0.2s left  0 of 1 blob\n`,
    )
    onEvent(copied)
    close()
    expect(output.take()).toBe('<ESC>[2A<ESC>[J')
    expect(clock.timers).toBe(0)
  })

  test('says what it held back when it closes', () => {
    const { output, onEvent, close } = open('auto', new TextOutput({ columns: 100, rows: 24 }))
    onEvent(warning)
    close()
    expect(output.take()).toBe('warning: odd\ufffd[2J\n')
  })

  test('goes up over lines that a narrower terminal has wrapped', () => {
    const { clock, output, onEvent } = open('auto', new TextOutput({ columns: 100, rows: 24 }))
    onEvent(planned)
    onEvent(started)
    clock.advance(100)
    output.take()
    output.columns = 40
    clock.advance(100)
    // 73 columns take two rows of 40, and 28 take one
    expect(output.take()).toMatch(/^<ESC>\[3A<ESC>\[J {2}0% layer {4}sha256:aaaaaaaaaaaa\n/)
  })

  test('takes a terminal without a size for one of 80 columns', () => {
    const { clock, output, onEvent } = open('auto', new TextOutput({ columns: 0, rows: 0 }))
    onEvent(planned)
    onEvent(started)
    clock.advance(100)
    expect(output.take().split('\n')[0]).toBe(`layer    sha256:aaaaaaaaaaaa ${bar(0)} 0 B / 1.0 kB`)
  })
})

describe('plain progress', () => {
  test('is a line every five seconds, and what must be said at once', () => {
    const { clock, output, onEvent, close } = open('plain', new TextOutput())
    onEvent(planned)
    onEvent(started)
    onEvent(progress(500))
    clock.advance(4999)
    expect(output.take()).toBe('')
    clock.advance(1)
    expect(output.take()).toBe('50%  500 B of 1.0 kB  100 B/s  5.0s left  0 of 1 blob\n')
    onEvent(warning)
    onEvent(retried)
    expect(output.take()).toBe('warning: odd\ufffd[2J\nattempt 2 of blob a failed, next in 4.0s: status 503\n')
    onEvent(copied)
    close()
    clock.advance(10_000)
    expect(output.take()).toBe('')
    expect(clock.timers).toBe(0)
  })

  test.each([
    ['auto where there is no terminal', 'auto', new TextOutput(), {}],
    ['auto on a dumb terminal', 'auto', new TextOutput({ columns: 80, rows: 24 }), { TERM: 'dumb' }],
    ['plain on a terminal', 'plain', new TextOutput({ columns: 80, rows: 24 }), {}],
  ] as const)('is what %s gives', (_, mode, output, env) => {
    const { clock } = open(mode, output, env)
    clock.advance(5000)
    expect(output.take()).toBe('planning\n')
  })
})

describe('JSON progress', () => {
  test('is an event a line, the bytes of a blob added up', () => {
    const { clock, output, onEvent, close } = open('json', new TextOutput())
    const lines = () =>
      output
        .take()
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line))
    onEvent(planned)
    onEvent(started)
    expect(lines()).toEqual([planned, started])
    onEvent(progress(100))
    onEvent(progress(200))
    expect(lines()).toEqual([])
    clock.advance(100)
    expect(lines()).toEqual([progress(300)])
    onEvent(progress(700))
    onEvent(copied)
    expect(lines()).toEqual([progress(700), copied])
    onEvent(progress(1))
    close()
    expect(lines()).toEqual([progress(1)])
    expect(clock.timers).toBe(0)
  })

  test('escapes what a terminal would obey', () => {
    const { output, onEvent } = open('json', new TextOutput())
    onEvent(warning)
    expect(output.take()).toBe('{"type":"warning","message":"odd\\u001b[2J"}\n')
  })

  test('says what is tried again', () => {
    const { output, onEvent } = open('json', new TextOutput())
    onEvent(retried)
    expect(JSON.parse(output.take())).toEqual(retried)
  })
})

test('no progress says warnings alone', () => {
  const { clock, output, onEvent, close } = open('none', new TextOutput({ columns: 80, rows: 24 }))
  for (const event of [planned, started, progress(1), retried, warning, copied]) onEvent(event)
  clock.advance(10_000)
  close()
  expect(output.take()).toBe('warning: odd\ufffd[2J\n')
})
