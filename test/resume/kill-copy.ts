import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { lading } from '../e2e/lading.ts'
import type { TestProxy } from '../services/start-proxy.ts'

/** A copy that is killed, and then done again by another process. */
export interface KilledCopy {
  readonly from: string
  readonly to: string
  readonly env: Readonly<Record<string, string>>
  /** Bytes of the one layer that counts. */
  readonly size: number
  /** What its bytes pass on the way from a server, and to one. */
  readonly down?: TestProxy | undefined
  readonly up?: TestProxy | undefined
  /** The share of the layer that has moved when the process is killed. */
  readonly share: number
  /** Default: that of the checkout. */
  readonly program?: string
  /** An `oci:` reference that the result is copied to, so that every byte of it is read and checked. */
  readonly readTo?: string
}

export interface KillReport {
  /** Bytes of the layer that had passed when the process was killed. */
  readonly before: Passed
  /** Bytes that passed more than once. */
  readonly again: Passed
}

interface Passed {
  readonly down: number
  readonly up: number
}

/**
 * Copies, kills the process when so much has moved, and copies again.
 *
 * @throws Error where the first run ended before, or the second failed
 */
export async function killCopy(copy: KilledCopy): Promise<KillReport> {
  const { from, to, env, size, share } = copy
  const args = ['copy', '--quiet', from, to]
  const options = { env, ...(copy.program === undefined ? {} : { program: copy.program }) }
  const moved = () => (copy.up === undefined ? passed(copy).down : passed(copy).up)
  const killed = await lading(args, {
    ...options,
    during: child => {
      void (async () => {
        while (child.exitCode === null && moved() < share * size) await sleep(2)
        child.kill('SIGKILL')
      })()
    },
  })
  if (killed.signal !== 'SIGKILL') throw new Error(`the first run was not killed: ${killed.stderr}`)
  // What is on its way is lost or arrives, and the server has ended what it did with it.
  await sleep(500)
  const before = passed(copy)
  const second = await lading(args, options)
  if (second.code !== 0) throw new Error(`the second run failed: ${second.stderr}`)
  const { down, up } = passed(copy)
  if (copy.readTo !== undefined) {
    const third = await lading(['copy', '--quiet', to, copy.readTo], options)
    if (third.code !== 0) throw new Error(`what the second run made cannot be read: ${third.stderr}`)
  }
  return {
    before,
    again: { down: Math.max(0, down - size), up: Math.max(0, up - size) },
  }
}

/** Of blobs alone: manifests, questions and records of progress are small. */
function passed({ down, up }: KilledCopy): Passed {
  return {
    down: sum(down?.requests ?? [], 'responseBytes'),
    up: sum(
      (up?.requests ?? []).filter(({ path }) => !path.includes('lading')),
      'requestBytes',
    ),
  }
}

function sum(requests: readonly RecordedRequest[], field: 'requestBytes' | 'responseBytes'): number {
  return requests.reduce((total, request) => total + request[field], 0)
}
