import os from 'node:os'
import type { ContestRow } from './run-contest.ts'
import { median, medianRatio } from './statistics.ts'

export interface BenchReport {
  /** What was measured on: lines for the top. */
  readonly machine: Readonly<Record<string, string>>
  readonly scenarios: readonly ScenarioReport[]
}

export interface ScenarioReport {
  readonly letter: string
  readonly title: string
  readonly shows: string
  readonly sizes: Readonly<Record<string, number>>
  /** Why it was not run, or not to its end. */
  readonly skipped?: string
  readonly contests: readonly ContestReport[]
}

export interface ContestReport {
  readonly title: string
  readonly bytes?: number
  readonly daemon?: string
  readonly rows: readonly ContestRow[]
}

/** The tables, in Markdown. */
export function renderReport({ machine, scenarios }: BenchReport): string {
  const top = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`)
  return `${['# Benchmarks', top.join('\n'), ...scenarios.map(renderScenario)].join('\n\n')}\n`
}

function renderScenario({ letter, title, shows, sizes, skipped, contests }: ScenarioReport): string {
  const amounts = Object.entries(sizes).map(
    ([name, value]) => `${name} ${value.toLocaleString('en').replaceAll(',', ' ')}`,
  )
  return [
    `## (${letter}) ${title}`,
    `It shows ${shows}.${amounts.length > 0 ? ` ${amounts.join(', ')}.` : ''}`,
    ...(skipped === undefined ? [] : [`Not run, or not to its end: ${skipped}.`]),
    ...contests.map(contest => `### (${letter}) ${contest.title}\n\n${renderContest(contest)}`),
  ].join('\n\n')
}

type Column = readonly [title: string, of: (row: ContestRow) => string]

function renderContest({ bytes, daemon, rows }: ContestReport): string {
  const measured = rows.filter(row => row.samples.length > 0)
  const [first] = measured
  const columns: Column[] = [
    ['program', row => row.name],
    ['seconds', row => formatSeconds(median(seconds(row)))],
    ['min–max', row => `${formatSeconds(Math.min(...seconds(row)))}–${formatSeconds(Math.max(...seconds(row)))}`],
    [`to ${first?.name}`, row => (first ? `${medianRatio(seconds(row), seconds(first)).toFixed(2)}×` : '')],
    ['CPU s', row => median(row.samples.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)],
    ['peak MiB', row => (median(row.samples.map(({ peakBytes }) => peakBytes)) / 2 ** 20).toFixed(0)],
  ]
  if (bytes !== undefined) columns.splice(3, 0, ['MB/s', row => (bytes / 1e6 / median(seconds(row))).toFixed(0)])
  if (daemon !== undefined)
    columns.push([
      `CPU s of ${daemon}`,
      row => median(row.samples.map(({ daemonCpuSeconds }) => daemonCpuSeconds ?? 0)).toFixed(2),
    ])
  if (measured.some(({ samples }) => samples[0]?.storedBytes !== undefined))
    columns.push([
      'stored MB',
      row => (median(row.samples.map(({ storedBytes = Number.NaN }) => storedBytes)) / 1e6).toFixed(1),
    ])
  if (rows.some(({ counted }) => counted !== undefined))
    columns.push(
      ['requests', ({ counted }) => String(counted?.requests ?? '')],
      ['connections', ({ counted }) => String(counted?.connections ?? '')],
    )
  const others = othersShare(measured)
  const failed = rows.filter(({ failure }) => failure !== undefined)
  return [
    line(columns.map(([title]) => title)),
    line(columns.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...measured.map(row => line(columns.map(([, of]) => of(row)))),
    ...(others > 0.02 ? [`\nOthers took ${(100 * others).toFixed(0)} % of the machine meanwhile.`] : []),
    ...failed.map(({ name, failure = '' }) => `\n${name} failed: ${failure.replaceAll(/\s+/g, ' ')}`),
  ].join('\n')
}

/** Of the machine's CPU time while something was measured. */
function othersShare(rows: readonly ContestRow[]): number {
  const samples = rows.flatMap(row => row.samples)
  const taken = samples.reduce((sum, { othersCpuSeconds }) => sum + othersCpuSeconds, 0)
  return taken / samples.reduce((sum, sample) => sum + sample.seconds, 0) / os.cpus().length
}

const seconds = (row: ContestRow) => row.samples.map(sample => sample.seconds)
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

/** Three digits that say something. */
function formatSeconds(value: number): string {
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1)
}
