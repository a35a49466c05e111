import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ErrorCode, errorCodes, LadingError } from '../errors/index.ts'
import { digestOf, digestParts } from '../model/digest.ts'
import { buildImage } from '../testing/build-image.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { copyImage } from './copy-image.ts'
import type { CopyEvent } from './events.ts'
import { withRetries } from './with-retries.ts'

const broken = new LadingError('network', 'the connection broke')

/** Fails so often, and tells what was waited and said. */
async function run(failures: number, options: { times: number; delaySeconds?: number; error?: Error }) {
  const { error = broken, ...retries } = options
  const waits: number[] = []
  const events: CopyEvent[] = []
  let calls = 0
  const outcome = await withRetries(
    { subject: 'it', listen: event => events.push(event), ...retries },
    async () => {
      calls++
      if (calls <= failures) throw error
      return 'done'
    },
    async milliseconds => {
      waits.push(milliseconds)
    },
  ).catch(thrown => thrown)
  return { outcome, calls, waits, events }
}

describe('an operation', () => {
  test('waits twice as long each time', async () => {
    const { outcome, waits, events } = await run(4, { times: 4 })
    expect({ outcome, waits }).toEqual({ outcome: 'done', waits: [1000, 2000, 4000, 8000] })
    expect(events[1]).toEqual({
      type: 'retried',
      subject: 'it',
      attempt: 2,
      waitSeconds: 2,
      reason: 'the connection broke',
      whole: true,
    })
  })

  test.each([
    ['as long as it is told', 2.5, [2500, 2500]],
    ['twice as long each time for 0', 0, [1000, 2000]],
    ['no longer than a timer can', 1e9, [2 ** 31 - 1, 2 ** 31 - 1]],
  ])('waits %s', async (_, delaySeconds, waits) => {
    expect(await run(2, { times: 2, delaySeconds })).toMatchObject({ outcome: 'done', waits })
  })

  test('that fails too often throws its last error', async () => {
    expect(await run(3, { times: 2 })).toMatchObject({ outcome: broken, calls: 3 })
  })

  test.each(
    Object.keys(errorCodes) as ErrorCode[],
  )('that fails with %s is tried again where that can help', async code => {
    const { calls } = await run(1, { times: 1, error: new LadingError(code, 'x') })
    expect(calls).toBe(errorCodes[code].retryable ? 2 : 1)
  })

  test('that fails with what nobody foresaw is not tried again', async () => {
    expect((await run(1, { times: 3, error: new TypeError('x') })).calls).toBe(1)
  })

  test.each([-1, 1.5, Number.NaN])('is not run %s times more', async times => {
    expect(await run(0, { times })).toMatchObject({ outcome: { code: 'bad-argument' }, calls: 0 })
  })

  test('is not tried again once it is aborted', async () => {
    const controller = new AbortController()
    const listen = () => controller.abort(new Error('enough'))
    const { signal } = controller
    let calls = 0
    const fail = async () => {
      calls++
      throw broken
    }
    // nothing would end this wait but the signal
    await expect(withRetries({ times: 9, delaySeconds: 1e9, subject: 'it', listen, signal }, fail)).rejects.toThrow()
    expect(calls).toBe(1)
  })
})

describe('a copy', () => {
  const layers = [Buffer.from('the first layer'), Buffer.from('the second layer')] as const
  const image = buildImage({ layers: [...layers] })

  async function damagedLayout() {
    const folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
    await writeLayout(path.join(folder, 'here'), { v1: image })
    const { algorithm, hex } = digestParts(digestOf(layers[1]))
    const [file, copied] = ['here', 'there'].map(place => path.join(folder, place, 'blobs', algorithm, hex)) as [
      string,
      string,
    ]
    writeFileSync(file, 'the second lair!')
    return { from: `oci:${folder}/here:v1`, to: `oci:${folder}/there:v1`, file, copied }
  }

  test('begins anew, and moves what is missing', async () => {
    const { from, to, file, copied } = await damagedLayout()
    const events: CopyEvent[] = []
    const onEvent = (event: CopyEvent) => {
      events.push(event)
      if (event.type === 'retried' && event.whole) writeFileSync(file, layers[1])
    }
    const { digest } = await copyImage(from, to, { retryTimes: 3, retryDelaySeconds: 0.001, onEvent })
    expect(digest).toBe(image.root.digest)
    expect(readFileSync(copied).equals(layers[1])).toBe(true)
    expect(events.filter(event => event.type === 'retried' && event.whole)).toEqual([
      expect.objectContaining({ subject: `the copy of ${from}`, attempt: 1, waitSeconds: 0.001 }),
    ])
  })

  test('is tried once where nothing else is said', async () => {
    const { from, to } = await damagedLayout()
    await expect(copyImage(from, to)).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})
