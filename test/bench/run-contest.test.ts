import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { runContest } from '../../bench/run-contest.ts'
import { runMeasured } from '../../bench/run-measured.ts'
import type { Contest, Contestant } from '../../bench/scenario.ts'
import { startScriptedServer } from '../../src/testing/scripted-server.ts'
import { newFolder } from '../e2e/lading.ts'

const env = { PATH: process.env.PATH ?? '' }
const sh = (script: string, ...args: string[]) => ({ program: 'sh', args: ['-c', script, 'sh', ...args], env })
const node = (script: string, ...args: string[]) => ({ program: process.execPath, args: ['-e', script, ...args], env })
const never = new AbortController().signal

test('time, CPU time and memory are those of the program and of what it starts', async () => {
  const hungry = `const held = Buffer.alloc(200 * 2 ** 20, 1)
    for (const end = Date.now() + 300; Date.now() < end; ) held.fill(2, 0, 1000)`
  const quick = await runMeasured(node('0'), never)
  const alone = await runMeasured(node(hungry), never)
  const below = await runMeasured(sh('"$@"; exit $?', process.execPath, '-e', hungry), never)
  for (const measured of [alone, below]) {
    expect(measured.seconds).toBeGreaterThan(quick.seconds)
    expect(measured.cpuSeconds).toBeGreaterThan(quick.cpuSeconds)
    if (process.platform === 'linux') expect(measured.peakBytes).toBeGreaterThan(200 * 2 ** 20)
  }
})

test('a program that fails is told with what it said', async () => {
  await expect(runMeasured(sh('echo no such image >&2; exit 3'), never)).rejects.toThrow(/ended with 3: no such image$/)
})

test('a program that is stopped ends, and what it has started too', async () => {
  const folder = await newFolder()
  const stop = new AbortController()
  const pidFile = path.join(folder, 'pid')
  const running = runMeasured(sh(`sleep 1000 & echo $! > ${pidFile}; wait`), stop.signal)
  const stopped = expect(running).rejects.toThrow('enough')
  const text = await vi.waitFor(async () => {
    const written = await readFile(pidFile, 'utf8')
    expect(written).toMatch(/\n/)
    return written
  })
  stop.abort(new Error('enough'))
  await stopped
  // one that is waited for by nobody is a zombie for a while, and has no program any more
  const program = await readFile(`/proc/${text.trim()}/cmdline`, 'utf8').catch(() => '')
  expect(program).toBe('')
})

test('each program runs once a round, another one first each time; who fails is left out', async () => {
  const folder = await newFolder()
  const log = path.join(folder, 'log')
  await using server = await startScriptedServer((_, response) => void response.end())
  const contestant = (name: string, script = ''): Contestant => ({
    name,
    command: ({ url }) =>
      node(
        `fs.appendFileSync(${JSON.stringify(log)}, '${name} ')
        ${script}
        fetch('${url('server')}/v2/app/blobs/sha256:0').then(answer => answer.text())`,
      ),
  })
  const contest: Contest = {
    title: 'asking',
    servers: { server: { origin: server.origin } },
    contestants: [contestant('a'), contestant('b', 'process.exit(2)'), contestant('c')],
  }
  const rows = await runContest(contest, { runs: 3, folder: `${folder}/runs`, signal: never, say: () => {} })
  // a warm-up, three rounds, and the round that counts
  expect(await readFile(log, 'utf8')).toBe('a b c a c c a c a a c ')
  expect(rows.map(({ name, samples }) => [name, samples.length])).toEqual([
    ['a', 3],
    ['b', 0],
    ['c', 3],
  ])
  expect(rows.map(({ failure }) => failure?.replace(/.* ended/s, 'ended'))).toEqual([
    undefined,
    'ended with 2: ',
    undefined,
  ])
  expect(rows[0]?.counted).toMatchObject({ requests: 1, connections: 1, kinds: { 'GET blobs': 1 } })
})

test('who has not done its work is left out, and after it is cleared up', async () => {
  const folder = await newFolder()
  const events: string[] = []
  const contest: Contest = {
    title: 'nothing',
    servers: {},
    contestants: [
      {
        name: 'idle',
        before: async () => void events.push('before'),
        command: () => sh('exit 0'),
        check: async () => {
          throw new Error('nothing is there')
        },
        after: async () => void events.push('after'),
      },
    ],
  }
  const rows = await runContest(contest, { runs: 2, folder, signal: never, say: () => {} })
  expect(rows).toEqual([{ name: 'idle', samples: [], failure: 'nothing is there' }])
  expect(events).toEqual(['before', 'after'])
})
