import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpClient } from '../../src/http/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { type Random, seededRandom } from '../cleaning/random.ts'
import { startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, openS3, sdkClient } from '../stores/s3-place.ts'
import { print } from './print.ts'

/**
 * Kills pushes, deletions, restores, rollbacks and cleans at random moments, and asks `lading doctor` after each whether every tag that is
 * visible is whole. `node kills.ts [KILLS] [local|ceph]`
 */
const kills = Number(process.argv[2] ?? 200)
const place = process.argv[3]

interface Bucket {
  /** `s3://bucket/`, `local:///folder//` */
  readonly locator: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Makes what killed runs have left as old as if an hour had passed. */
  age(): Promise<void>
}

const program = path.join(import.meta.dirname, '../../bin/lading.js')
const folder = await mkdtemp(path.join(temporaryFolder(), 'kills-'))
const tags = ['a', 'b', 'c']
const names = ['0', '1', '2', '3', '4', '5']

const layout = path.join(folder, 'layout')
const layers = names.map(name => new TextEncoder().encode(`layer ${name} `.repeat(200_000)))
const images = names.map((name, at) => [
  name,
  buildImage({ layers: [0, 1, 2].flatMap(by => layers[(at + by) % 6] ?? []) }),
])
await writeLayout(layout, Object.fromEntries(images))

if (place !== 'ceph') {
  const root = path.join(folder, 'bucket')
  const age = () => ageFiles(path.join(root, 'lading'))
  await proof('local', { locator: `local://${root}//`, env: {}, age })
}
if (place !== 'local') {
  await using ceph = await startCeph()
  await using http = createHttpClient()
  await sdkClient(ceph).createBucket({ Bucket: 'kills' })
  const cache = path.join(folder, 'cache')
  const { store } = await openS3(ceph, { root: 'kills', http, cache })
  const age = async () => {
    // The clock of Ceph cannot be set: whoever held these leases is dead, and nobody waits for the time that would show it.
    for await (const entry of store.list('lading/leases/')) {
      if (entry.kind === 'object') await store.delete(entry.info.key)
    }
  }
  await proof('Ceph', { locator: 's3://kills/', env: environmentOf(ceph, cache), age })
}
await rm(folder, { recursive: true, force: true })

async function proof(name: string, bucket: Bucket): Promise<void> {
  const random = seededRandom(Date.now() % 1_000_000)
  const done: Record<string, number> = {}
  const durations = new Map<string, number>()
  const incomplete: string[] = []
  let survived = 0
  while (survived < kills) {
    const kind = random.pick(['push', 'push', 'push', 'delete', 'restore', 'rollback', 'clean', 'clean'])
    const words = wordsOf(kind, bucket, random)
    const usual = durations.get(kind)
    // The first of its kind ends by itself: so it is known how long it takes.
    const started = performance.now()
    const killed = await run(words, bucket, usual === undefined ? undefined : random.below(usual * 1.2))
    if (!killed) durations.set(kind, performance.now() - started)
    if (killed) {
      done[kind] = (done[kind] ?? 0) + 1
      survived += 1
      const report = await ask(['doctor', bucket.locator, '--read-only'], bucket)
      if (report.code !== 0) incomplete.push(`${words.join(' ')}: ${report.text}`)
    }
    if (random.chance(0.3)) await bucket.age()
  }
  const kinds = Object.entries(done).map(([kind, count]) => `${count} ${kind}`)
  print(`${name}: ${survived} kills (${kinds.join(', ')}), ${incomplete.length} times a visible tag was incomplete`)
  for (const text of incomplete.slice(0, 5)) print(text)
  if (incomplete.length > 0) process.exitCode = 1
}

function wordsOf(kind: string, { locator }: Bucket, random: Random): string[] {
  const reference = `${locator}app:${random.pick(tags)}`
  if (kind === 'push') return ['copy', `oci:${layout}:${random.pick(names)}`, reference]
  if (kind === 'clean') return ['clean', locator, '--confirm', '--grace', '0', '--keep-trash', random.pick(['0', '1s'])]
  return [kind, reference]
}

/** @returns whether it was killed; else it ended before */
async function run(words: readonly string[], { env }: Bucket, killAfterMs: number | undefined): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...env }, stdio: 'ignore' })
  const ended = new Promise<NodeJS.Signals | null>(resolve => child.on('close', (_, signal) => resolve(signal)))
  if (killAfterMs !== undefined) {
    await sleep(killAfterMs)
    child.kill('SIGKILL')
  }
  return (await ended) === 'SIGKILL'
}

async function ask(words: readonly string[], { env }: Bucket): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...env } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', more => (text += more))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, text }
}

async function ageFiles(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  const past = new Date(Date.now() - 3_600_000)
  for (const entry of entries) {
    if (entry.isFile()) await utimes(path.join(entry.parentPath, entry.name), past, past).catch(() => {})
  }
}
