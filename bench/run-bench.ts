import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { missingServices } from '../test/services/missing-services.ts'
import { findService } from '../test/services/peer.ts'
import type { BenchOptions } from './bench-options.ts'
import type { BenchReport, ContestReport, ScenarioReport } from './bench-report.ts'
import { describeMachine } from './describe-machine.ts'
import { runContest } from './run-contest.ts'
import { runMeasured } from './run-measured.ts'
import type { Command, PeerTool, Scenario, Stage, Tool } from './scenario.ts'
import { scenarioTable } from './scenario-table.ts'
import { findTool, ladingTool } from './tools.ts'

interface BenchPlace {
  readonly folder: string
  readonly diskFolder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Runs the scenarios that are wanted, one after the other. Stopped, it answers what has been finished. */
export async function runBench(options: BenchOptions, place: BenchPlace): Promise<BenchReport> {
  const ladings: Tool[] = []
  for (const { name, place: at } of options.ladings) ladings.push(await ladingTool(name, at))
  const [lading] = ladings
  if (lading === undefined) throw new Error('there is no lading to measure')
  const found = new Map(options.peers.map(name => [name, findTool(name)]))
  const tool = (name: PeerTool) => found.get(name)
  const machine = describeMachine(ladings, tool)
  const scenarios: ScenarioReport[] = []
  for (const scenario of scenarioTable.filter(({ letter }) => options.only.includes(letter))) {
    if (place.signal.aborted) break
    scenarios.push(await runScenario(scenario, options, place, { lading, ladings, tool }))
  }
  return { machine, scenarios }
}

async function runScenario(
  scenario: Scenario,
  options: BenchOptions,
  place: BenchPlace,
  tools: Pick<Stage, 'lading' | 'ladings' | 'tool'>,
): Promise<ScenarioReport> {
  const { letter, title, shows } = scenario
  const sizes = sizesOf(scenario, options)
  const skipped = missingServices(scenario.needs, findService) ?? scenario.unavailable?.()
  if (skipped !== undefined) return { letter, title, shows, sizes, skipped, contests: [] }

  const say = (line: string) => place.say(`(${letter}) ${line}`)
  const folder = path.join(place.folder, letter)
  const diskFolder = path.join(place.diskFolder, letter)
  const contests: ContestReport[] = []
  try {
    for (const each of [folder, diskFolder]) await mkdir(each)
    say(`${title}: getting ready`)
    const size = (name: string) => {
      const value = sizes[name]
      if (value === undefined) throw new Error(`scenario ${letter} has no size ${name}`)
      return value
    }
    const run = async (command: Command) => void (await runMeasured(command, place.signal))
    for await (const contest of scenario.contests({ folder, diskFolder, size, run, ...tools })) {
      const rows = await runContest(contest, {
        ...place,
        folder: `${contest.once ? diskFolder : folder}/runs`,
        runs: options.runs,
        say,
      })
      const { title, bytes, daemon } = contest
      contests.push({
        title,
        rows,
        ...(bytes === undefined ? {} : { bytes }),
        ...(daemon === undefined ? {} : { daemon: daemon.name }),
      })
    }
  } catch (error) {
    if (!place.signal.aborted) throw error
    return { letter, title, shows, sizes, skipped: reasonOf(place.signal), contests }
  } finally {
    for (const each of [folder, diskFolder]) await rm(each, { recursive: true, force: true })
  }
  return { letter, title, shows, sizes, contests }
}

function sizesOf({ letter, sizes, fixed = [] }: Scenario, options: BenchOptions): Record<string, number> {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, value]) => {
      const scaled = fixed.includes(name) ? value : Math.max(1, Math.round(value * options.scale))
      return [name, options.sizes[`${letter}.${name}`] ?? scaled]
    }),
  )
}

const reasonOf = ({ reason }: AbortSignal) => (reason instanceof Error ? reason.message : String(reason))
