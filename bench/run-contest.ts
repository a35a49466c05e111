import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { startProxy } from '../test/services/start-proxy.ts'
import { cpuSecondsOf, machineCpuSeconds } from './process-tree.ts'
import { requestKind } from './request-kinds.ts'
import { type Measured, runMeasured } from './run-measured.ts'
import type { Attempt, Contest, Contestant, ContestServer } from './scenario.ts'
import { startShapingProxy } from './start-shaping-proxy.ts'

export interface Sample extends Measured {
  readonly daemonCpuSeconds?: number
  readonly storedBytes?: number
  /** CPU time that others took meanwhile: what neither the program nor the benchmark with its servers had. */
  readonly othersCpuSeconds: number
}

export interface Counted {
  readonly requests: number
  readonly connections: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** `{ 'GET manifests': 3 }` */
  readonly kinds: Readonly<Record<string, number>>
}

export interface ContestRow {
  readonly name: string
  readonly samples: Sample[]
  counted?: Counted
  /** Why it was left out, then or later. */
  failure?: string
}

export interface ContestSettings {
  readonly runs: number
  readonly folder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/**
 * A round that is not measured, then rounds in which each program runs once, another one first each time, and last a round that
 * counts requests, through a proxy that would cost time. What fails is left out from then on, and named.
 */
export async function runContest(contest: Contest, settings: ContestSettings): Promise<ContestRow[]> {
  const { signal, say } = settings
  const runs = contest.once ? 1 : (contest.rounds?.(settings.runs) ?? settings.runs)
  const entries = contest.contestants.map(contestant => ({
    contestant,
    row: { name: contestant.name, samples: [] } as ContestRow,
  }))
  const attempt = async ({ contestant, row }: (typeof entries)[number], run: () => Promise<string>) => {
    if (row.failure !== undefined) return
    try {
      say(`  ${contestant.name}: ${await run()}`)
    } catch (error) {
      signal.throwIfAborted()
      row.failure = error instanceof Error ? error.message : String(error)
      say(`  ${contestant.name} failed: ${row.failure}`)
    }
  }
  const timed = async (contestant: Contestant) => await runTimed(contest, contestant, settings)

  if (!contest.once) {
    say(`${contest.title}: warm-up`)
    for (const entry of entries)
      await attempt(entry, async () => `${(await timed(entry.contestant)).seconds.toFixed(3)} s`)
  }
  for (let round = 0; round < runs; round++) {
    say(`${contest.title}: round ${round + 1} of ${runs}`)
    const first = round % entries.length
    for (const entry of [...entries.slice(first), ...entries.slice(0, first)]) {
      await attempt(entry, async () => {
        const sample = await timed(entry.contestant)
        entry.row.samples.push(sample)
        return `${sample.seconds.toFixed(3)} s`
      })
    }
  }
  if (!contest.once && Object.keys(contest.servers).length > 0) {
    say(`${contest.title}: requests`)
    for (const entry of entries) {
      await attempt(entry, async () => {
        entry.row.counted = await runCounted(contest, entry.contestant, settings)
        return `${entry.row.counted.requests} requests`
      })
    }
  }
  return entries.map(({ row }) => row)
}

async function runTimed(contest: Contest, contestant: Contestant, settings: ContestSettings): Promise<Sample> {
  const { servers, daemon } = contest
  await using stack = new AsyncDisposableStack()
  const direct = (server: ContestServer) =>
    server.shape ? startShapingProxy(server.origin, server.shape).then(proxy => stack.use(proxy).url) : server.origin
  const urls = await urlsOf(servers, direct)
  return await runOnce(contestant, urls, settings, async (run, attempt) => {
    const othersSince = othersClock()
    const daemonBefore = daemon && cpuSecondsOf(daemon.pid)
    const measured = await run()
    const daemonCpuSeconds = daemon && cpuSecondsOf(daemon.pid) - (daemonBefore ?? 0)
    const othersCpuSeconds = othersSince()
    const storedBytes = await contestant.storedBytes?.(attempt)
    return {
      ...measured,
      othersCpuSeconds,
      ...(daemonCpuSeconds === undefined ? {} : { daemonCpuSeconds }),
      ...(storedBytes === undefined ? {} : { storedBytes }),
    }
  })
}

/** Tells the CPU time of others since now. */
function othersClock(): () => number {
  const machine = machineCpuSeconds()
  const own = cpuSecondsOf(process.pid)
  return () => Math.max(0, machineCpuSeconds() - machine - (cpuSecondsOf(process.pid) - own))
}

async function runCounted(contest: Contest, contestant: Contestant, settings: ContestSettings): Promise<Counted> {
  await using stack = new AsyncDisposableStack()
  const proxies: Awaited<ReturnType<typeof startProxy>>[] = []
  const urls = await urlsOf(contest.servers, async server => {
    const proxy = stack.use(await startProxy(server.origin))
    proxies.push(proxy)
    return proxy.url
  })
  return await runOnce(contestant, urls, settings, async run => {
    const connectionsBefore = proxies.map(proxy => proxy.connections)
    for (const proxy of proxies) proxy.requests.length = 0
    await run()
    const requests = proxies.flatMap(proxy => proxy.requests)
    const kinds: Record<string, number> = {}
    for (const { method, path: asked } of requests) {
      const kind = `${method} ${requestKind(asked)}`
      kinds[kind] = (kinds[kind] ?? 0) + 1
    }
    return {
      requests: requests.length,
      connections: proxies.reduce((sum, proxy, at) => sum + proxy.connections - (connectionsBefore[at] ?? 0), 0),
      bytesUp: requests.reduce((sum, { requestBytes }) => sum + requestBytes, 0),
      bytesDown: requests.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
      kinds,
    }
  })
}

async function urlsOf(
  servers: Contest['servers'],
  urlOf: (server: ContestServer) => string | Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  const urls: Record<string, string> = {}
  for (const [name, server] of Object.entries(servers)) urls[name] = await urlOf(server)
  return urls
}

let attempts = 0

async function runOnce<T>(
  contestant: Contestant,
  urls: Readonly<Record<string, string>>,
  { folder: parent, signal }: ContestSettings,
  measure: (run: () => Promise<Measured>, attempt: Attempt) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(path.join(parent, 'run-'))
  const url = (server: string) => {
    const found = urls[server]
    if (found === undefined) throw new Error(`the contest has no server ${server}`)
    return found
  }
  attempts++
  const attempt: Attempt = { folder, id: `run${attempts}`, url, host: server => new URL(url(server)).host }
  try {
    await contestant.before?.(attempt)
    const result = await measure(() => runMeasured(contestant.command(attempt), signal), attempt)
    await contestant.check?.(attempt)
    return result
  } finally {
    await contestant.after?.(attempt)
    await rm(folder, { recursive: true, force: true })
  }
}
