import { expect, test } from 'vitest'
import { IncomingAnswer } from './incoming-answer.ts'

/** What undici gives a handler, as far as it is used. */
function fakeController() {
  const calls: string[] = []
  let paused = false
  return {
    calls,
    aborted: false,
    reason: null,
    get paused() {
      return paused
    },
    abort: (error: Error) => void calls.push(`abort: ${error.message}`),
    pause() {
      paused = true
      calls.push('pause')
    },
    resume() {
      paused = false
      calls.push('resume')
    },
  }
}

async function textOf(answer: IncomingAnswer): Promise<string> {
  return Buffer.concat(await Array.fromAsync(answer)).toString()
}

test('an answer has its head first, then its body; what is announced before it is passed over', async () => {
  const controller = fakeController()
  const answer = new IncomingAnswer(undefined)
  answer.onRequestStart(controller)
  answer.onResponseStart(controller, 103, { link: 'x' })
  answer.onResponseStart(controller, 200, { 'content-length': '4' })
  expect(await answer.head).toEqual({ status: 200, headers: { 'content-length': '4' } })
  const text = textOf(answer)
  answer.onResponseData(controller, Buffer.from('ab'))
  await Promise.resolve()
  answer.onResponseData(controller, Buffer.from('cd'))
  answer.onResponseEnd()
  expect(await text).toBe('abcd')
  expect(controller.calls).toEqual([])
})

test('a body that nobody reads is not taken without end', async () => {
  const controller = fakeController()
  const answer = new IncomingAnswer(undefined)
  answer.onRequestStart(controller)
  answer.onResponseStart(controller, 200, {})
  for (let at = 0; at < 3; at++) answer.onResponseData(controller, Buffer.alloc(50_000))
  expect(controller.calls).toEqual(['pause'])
  await answer.next()
  expect(controller.calls).toEqual(['pause', 'resume'])
})

test('who leaves early ends the connection, who reads to the end does not', async () => {
  const controller = fakeController()
  const answer = new IncomingAnswer(undefined)
  answer.onRequestStart(controller)
  answer.onResponseStart(controller, 200, {})
  await answer.return()
  expect(controller.calls).toEqual(['abort: the rest of the answer is not wanted'])
  const read = new IncomingAnswer(undefined)
  read.onResponseStart(controller, 200, {})
  read.onResponseEnd()
  await read.return()
  expect(controller.calls).toHaveLength(1)
})

test('a failure comes after the bytes before it', async () => {
  const controller = fakeController()
  const answer = new IncomingAnswer(undefined)
  answer.onRequestStart(controller)
  answer.onResponseStart(controller, 200, {})
  answer.onResponseData(controller, Buffer.from('ab'))
  answer.onResponseError(controller, new Error('broken off'))
  expect(await answer.next()).toEqual({ done: false, value: Buffer.from('ab') })
  await expect(answer.next()).rejects.toThrow('broken off')
})

test('a request that is aborted while it waits for a connection ends at once, and is not sent then', async () => {
  const stop = new AbortController()
  const controller = fakeController()
  const answer = new IncomingAnswer(stop.signal)
  stop.abort(new Error('enough'))
  await expect(answer.head).rejects.toThrow('enough')
  answer.onRequestStart(controller)
  expect(controller.calls).toEqual(['abort: the request was given up'])
})

test('that nobody waits for is given up in silence: an unhandled rejection would end the process', async () => {
  const stop = new AbortController()
  const answer = new IncomingAnswer(stop.signal)
  stop.abort(new Error('stopped'))
  await new Promise(resolve => setImmediate(resolve))
  await expect(answer.next()).rejects.toThrow('stopped')
})
