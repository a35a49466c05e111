import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { type Random, seededRandom } from './random.ts'

export interface ManyOptions {
  /** `s3://bucket/`, `local:///folder//` */
  readonly bucket: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the images are written that are copied: an OCI layout. */
  readonly layout: string
  /** Copies under way at any moment, each in a process of its own. */
  readonly processes: number
  readonly seconds: number
  /** What is run. Default: the program of the checkout. */
  readonly program?: string
  /** How long the same few images are copied before others take their place: what has gone comes back after all have had their turn. */
  readonly turnSeconds: number
  /** One clean of the bucket. Returns how many blobs it deleted. */
  readonly clean: () => Promise<number>
}

export interface ManyReport {
  readonly seconds: number
  readonly copies: number
  readonly deletions: number
  readonly cleans: number
  readonly blobsDeleted: number
  readonly tagsChecked: number
  /** Whatever went wrong, of the copies, deletions and cleans, and what `lading doctor --verify` says of what is left. */
  readonly faults: readonly string[]
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const checkoutProgram = path.join(import.meta.dirname, '../../bin/lading.js')
const turns = 7
const imagesOfTurn = 6
const tags = ['a', 'b', 'c', 'd']
const names = ['app', 'app/web', 'tools']
/** It goes on for up to so many times as long, where no blob has been deleted yet. */
const mostOverrun = 4
/** What `lading delete` answers where another was faster. */
const absent = 2

/**
 * Copies images that share layers under few names from many processes into one bucket, and deletes tags, while one clean follows the other;
 * then has every byte of what is left read.
 */
export async function manyProcesses(options: ManyOptions): Promise<ManyReport> {
  const { bucket, layout, processes, seconds, turnSeconds } = options
  await writeLayout(layout, makeImages())
  const random = seededRandom(Date.now() % 1_000_000)
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  const faults: string[] = []
  const done = { copies: 0, deletions: 0, cleans: 0, blobsDeleted: 0 }
  const tag = () => `${bucket}${random.pick(names)}:${random.pick(tags)}`
  const run = async (words: readonly string[], allowed: readonly (number | null)[]) => {
    const { code, stderr } = await runProgram(words, options)
    if (!allowed.includes(code)) faults.push(`${words.join(' ')}: ${code}: ${stderr.trim()}`)
  }
  // A clean keeps what pushes under way may count on, and those take their time on a busy machine: nothing is proved before something went.
  const goesOn = () => elapsed() < seconds || (done.blobsDeleted === 0 && elapsed() < mostOverrun * seconds)
  const until = async (task: () => Promise<void>) => {
    while (goesOn()) await task()
  }
  const copy = async () => {
    await run(['copy', `oci:${layout}:${imageAt(elapsed() / turnSeconds, random)}`, tag()], [0])
    done.copies += 1
  }
  const remove = async () => {
    await sleep(500)
    await run(['delete', tag()], [0, absent])
    done.deletions += 1
  }
  const clean = async () => {
    try {
      done.blobsDeleted += await options.clean()
      done.cleans += 1
    } catch (error) {
      faults.push(`clean: ${error}`)
    }
  }
  await run(['copy', `oci:${layout}:0-0`, tag()], [0])
  await Promise.all([...Array.from({ length: processes }, () => until(copy)), until(remove), until(clean)])
  const ended = elapsed()
  const report = await runProgram(['doctor', bucket, '--verify', '--output', 'json'], options)
  return { seconds: Math.round(ended), ...done, ...judged(report, faults) }
}

/** Runs `lading` to its end. */
export async function runProgram(
  words: readonly string[],
  { env, program = checkoutProgram }: Pick<ManyOptions, 'env' | 'program'>,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', more => (text.stdout += more))
  child.stderr.setEncoding('utf8').on('data', more => (text.stderr += more))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, ...text }
}

/** Images of a turn share layers with one another, and all of them one. */
function makeImages(): Record<string, BuiltImage> {
  const images: Record<string, BuiltImage> = {}
  const layer = (name: string) => new TextEncoder().encode(`layer ${name} `.repeat(10_000))
  for (let turn = 0; turn < turns; turn++) {
    for (let at = 0; at < imagesOfTurn; at++) {
      const own = [at, at + 1, at + 2].map(number => layer(`${turn}-${number % imagesOfTurn}`))
      images[`${turn}-${at}`] = buildImage({ layers: [layer('base'), ...own] })
    }
  }
  return images
}

function imageAt(turn: number, random: Random): string {
  return `${Math.floor(turn) % turns}-${random.below(imagesOfTurn)}`
}

function judged({ code, stdout, stderr }: Ended, faults: string[]): Pick<ManyReport, 'tagsChecked' | 'faults'> {
  if (code !== 0) faults.push(`doctor: ${code}: ${stderr.trim() || stdout.trim()}`)
  try {
    const { tags: looked, verified, incomplete } = JSON.parse(stdout)
    if (incomplete.length > 0 || verified.damaged > 0) faults.push(`doctor: ${stdout}`)
    return { tagsChecked: looked.checked, faults }
  } catch {
    return { tagsChecked: 0, faults }
  }
}
