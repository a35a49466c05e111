import path from 'node:path'
import { parseArgs } from 'node:util'
import { type PeerTool, peerTools } from './scenario.ts'
import { scenarioTable } from './scenario-table.ts'

export interface BenchOptions {
  readonly only: readonly string[]
  readonly runs: number
  /** What all sizes are multiplied with. */
  readonly scale: number
  /** `{ 'a.layerBytes': 1000 }` */
  readonly sizes: Readonly<Record<string, number>>
  readonly peers: readonly PeerTool[]
  /** Names and places; the first is what all are compared with. */
  readonly ladings: readonly { readonly name: string; readonly place: string }[]
  readonly json: string | undefined
  readonly markdown: string | undefined
}

export const benchUsage = `npm run bench -- [OPTIONS]

  --only a,c,j           these scenarios alone
  --runs N               measured rounds; 5
  --quick                all sizes a tenth
  --scale N              all sizes times N
  --size LETTER.NAME=N   one size, as the scenario's file names it; repeatable
  --peers skopeo,crane   these peers alone, of ${peerTools.join(', ')}
  --lading [NAME=]PATH   another built checkout, or program, in place of this one; repeatable, the first is what all are compared with
  --json FILE            every sample
  --markdown FILE        the tables, which stdout has too
`

/** @throws Error with what is wrong */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      scale: { type: 'string' },
      size: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
      lading: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  })
  const letters = scenarioTable.map(({ letter }) => letter)
  return {
    only: chosen(values.only, letters, 'scenario'),
    runs: positive('--runs', values.runs),
    scale: positive('--scale', values.scale ?? (values.quick ? '0.1' : '1')),
    sizes: Object.fromEntries(values.size.map(sizeOf)),
    peers: chosen(values.peers, peerTools, 'peer'),
    ladings:
      values.lading.length > 0 ? values.lading.map(ladingOf) : [ladingOf(path.join(import.meta.dirname, '..'), 0)],
    json: values.json,
    markdown: values.markdown,
  }
}

function chosen<T extends string>(text: string | undefined, all: readonly T[], what: string): readonly T[] {
  if (text === undefined) return all
  const words = text.split(',').filter(Boolean)
  const unknown = words.find(word => !all.some(one => one === word))
  if (unknown !== undefined) throw new Error(`there is no ${what} ${unknown}: ${all.join(', ')}`)
  return all.filter(one => words.includes(one))
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${name} takes a positive number, not ${text}`)
  return number
}

function sizeOf(text: string): [string, number] {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? []
  const [letter, size = ''] = name.split('.')
  const scenario = scenarioTable.find(one => one.letter === letter)
  if (scenario === undefined) throw new Error(`--size takes LETTER.NAME=N, not ${text}`)
  if (!(size in scenario.sizes))
    throw new Error(`scenario ${letter} has no size ${size}: ${Object.keys(scenario.sizes).join(', ')}`)
  return [name, positive(`--size ${name}`, value)]
}

function ladingOf(text: string, at: number): { name: string; place: string } {
  const [, name, place] = /^([^=/]+)=(.+)$/.exec(text) ?? []
  if (name !== undefined && place !== undefined) return { name, place }
  return { name: at === 0 ? 'lading' : `lading (${path.basename(text)})`, place: text }
}
