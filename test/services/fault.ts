import type { IncomingMessage } from 'node:http'
import { Transform, type TransformCallback } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Which requests a fault befalls: all that match every condition, after the first `skip`, and then `times` of them. */
interface FaultMatch {
  readonly method?: string
  /** Against the path with its query. */
  readonly path?: RegExp
  readonly header?: readonly [name: string, value: RegExp]
  readonly when?: (request: IncomingMessage) => boolean
  readonly skip?: number
  readonly times?: number
}

/** What befalls a request. Offsets are of body bytes. */
export interface Fault extends FaultMatch {
  /** Wait before going on. */
  readonly delayMilliseconds?: number
  /** Answer this without forwarding. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Drop the connection without forwarding. */
  readonly reset?: true
  /** Drop all connections, and refuse new ones for so many milliseconds. */
  readonly refuseMilliseconds?: number
  /** Write this in place of an answer, without forwarding, and close the connection. */
  readonly garbage?: string
  /** Forward nothing, and never answer. */
  readonly silent?: true
  /** Leave this header of the request out, and change the answer's. */
  readonly withoutHeader?: string
  readonly answerHeaders?: Readonly<Record<string, string>>
  /** Forward this much of the request, then drop both connections. */
  readonly cutUp?: number
  /** The same with silence. */
  readonly hangUp?: number
  /** Flip one bit of the request at this offset. */
  readonly corruptUp?: number
  /** Forward, let it be applied, then drop the connection in place of the response. */
  readonly lost?: true
  /** Forward, let it be applied, and never answer. */
  readonly lostInSilence?: true
  /** Say that the response is this long, and pass no more of it: nothing shows that there was more. */
  readonly truncate?: number
  /** Pass this much of the response, then drop the connection. */
  readonly cutDown?: number
  /** The same with an orderly close. */
  readonly endDown?: number
  /** The same with silence. */
  readonly hangDown?: number
  /** Flip one bit of the response at this offset. */
  readonly corrupt?: number
  /** Bytes of the response per second. */
  readonly bytesPerSecond?: number
}

export interface FaultHandle {
  readonly fault: Fault
  /** Requests that it has befallen. */
  readonly hits: number
}

/** The faults that wait for requests; the first that matches befalls. */
export class FaultTable {
  #entries: { fault: Fault; seen: number; hits: number }[] = []

  add(fault: Fault): FaultHandle {
    const entry = { fault, seen: 0, hits: 0 }
    this.#entries.push(entry)
    return entry
  }

  clear(): void {
    this.#entries = []
  }

  pick(request: IncomingMessage): Fault | undefined {
    for (const entry of this.#entries) {
      if (!matches(entry.fault, request)) continue
      const skip = entry.fault.skip ?? 0
      entry.seen++
      if (entry.seen <= skip || entry.seen > skip + (entry.fault.times ?? Number.POSITIVE_INFINITY)) continue
      entry.hits++
      return entry.fault
    }
    return undefined
  }
}

function matches({ method, path, header, when }: FaultMatch, request: IncomingMessage): boolean {
  if (method !== undefined && method !== request.method) return false
  if (path !== undefined && !path.test(request.url ?? '')) return false
  if (when !== undefined && !when(request)) return false
  return header === undefined || header[1].test(String(request.headers[header[0].toLowerCase()] ?? ''))
}

/** What the request passes through, in order. `cut` resets both connections. */
export function requestTransforms(fault: Fault, cut: () => void): Transform[] {
  return [
    ...(fault.corruptUp === undefined ? [] : [flipBitAt(fault.corruptUp)]),
    ...(fault.cutUp === undefined ? [] : [passOnly(fault.cutUp, cut)]),
    ...(fault.hangUp === undefined ? [] : [passOnly(fault.hangUp, () => {})]),
  ]
}

/** What the response passes through, in order. `drop` resets the client's connection, `end` closes it. */
export function responseTransforms(fault: Fault, drop: () => void, end: () => void): Transform[] {
  return [
    ...(fault.corrupt === undefined ? [] : [flipBitAt(fault.corrupt)]),
    ...(fault.bytesPerSecond === undefined ? [] : [slowTo(fault.bytesPerSecond)]),
    ...(fault.cutDown === undefined ? [] : [passOnly(fault.cutDown, drop)]),
    ...(fault.endDown === undefined ? [] : [passOnly(fault.endDown, end)]),
    ...(fault.hangDown === undefined ? [] : [passOnly(fault.hangDown, () => {})]),
    ...(fault.truncate === undefined ? [] : [onlyFirst(fault.truncate)]),
  ]
}

/** Time for what was passed to leave: a reset throws away what the kernel still holds. */
const flushMilliseconds = 20

/** Passes the first `limit` bytes, calls `stop`, and then neither passes anything nor ends. */
function passOnly(limit: number, stop: () => void): Transform {
  let passed = 0
  let stopped = false
  return new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      if (stopped) return callback()
      if (passed + chunk.length < limit) {
        passed += chunk.length
        return callback(null, chunk)
      }
      stopped = true
      this.push(chunk.subarray(0, limit - passed))
      setTimeout(stop, flushMilliseconds)
      callback()
    },
    flush(callback) {
      if (!stopped) callback()
    },
  })
}

/** Passes the first `limit` bytes, and ends where the input ends. */
function onlyFirst(limit: number): Transform {
  let left = limit
  return new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      callback(null, passed)
    },
  })
}

function flipBitAt(offset: number): Transform {
  let passed = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      const at = offset - passed
      passed += chunk.length
      const changed = Buffer.from(chunk)
      const byte = changed[at]
      if (byte !== undefined) changed[at] = byte ^ 1
      callback(null, changed)
    },
  })
}

function slowTo(bytesPerSecond: number): Transform {
  const pieceBytes = 16 * 1024
  return new Transform({
    async transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        const piece = chunk.subarray(at, at + pieceBytes)
        this.push(piece)
        await sleep((piece.length / bytesPerSecond) * 1000)
      }
      callback()
    },
  })
}
