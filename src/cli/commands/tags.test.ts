import { expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { Library } from '../library.ts'

const [one, two] = [digestOfLetter('a'), digestOfLetter('b')]
const reference = 'local://./images/app:v1'
const time = new Date('2026-01-02T03:04:05.678Z')

/** Runs a command whose one call answers what is given; what it was called with comes out too. */
async function run(name: keyof Library, answer: unknown, ...argv: string[]) {
  const calls: unknown[] = []
  const called = async (...words: unknown[]) => {
    calls.push(
      ...words.map(word => (word instanceof Object ? { ...word, signal: undefined, onEvent: undefined } : word)),
    )
    return answer
  }
  const { exit, stdout, stderr } = await runLading(argv, { library: { [name]: called } })
  return { exit, stdout, stderr, calls }
}

const history = {
  reference,
  digest: one,
  pushes: [
    { pushedAt: time, digest: one, current: true },
    { pushedAt: new Date('2026-01-01T00:00:00Z'), digest: two, sizeBytes: 3_400_000, current: false },
  ],
}

test('history shows the newest push first, and what the tag holds', async () => {
  const { stdout, calls } = await run('tagHistory', history, 'history', reference, '--endpoint=http://localhost:1')
  expect(stdout).toBe(
    `${reference}\n* 2026-01-02T03:04:05Z        -  ${one}\n  2026-01-01T00:00:00Z   3.4 MB  ${two}\n`,
  )
  expect(calls).toEqual([reference, { cloud: { endpoint: 'http://localhost:1' } }])
  const json = await run('tagHistory', history, 'history', reference, '--output=json')
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(history)))
  const asS3lo = await runAs('s3lo', ['history', reference], { tagHistory: async () => history })
  expect(asS3lo.stdout).toBe(stdout)
})

test('rollback tells what the tag holds, and what it held', async () => {
  const rolled = { reference, digest: one, previous: two, changed: true }
  const options = ['--to=aaaa', `--if-digest=${two}`, '--force', '--tls-verify=false']
  const { stdout, calls } = await run('rollbackTag', rolled, 'rollback', reference, ...options)
  expect(stdout).toBe(`rolled back ${reference}\n  digest    ${one}\n  replaced  ${two}\n`)
  expect(calls).toEqual([reference, { cloud: {}, tlsVerify: false, to: 'aaaa', expect: two, force: true }])
  const json = await run('rollbackTag', rolled, 'rollback', reference, '--output=json')
  expect(JSON.parse(json.stdout)).toEqual(rolled)
})

test('tag tells the new one', async () => {
  const tagged = { source: reference, reference: 'local://./images/app:v2', digest: one, changed: true }
  const { stdout, calls } = await run('tagImage', tagged, 'tag', reference, 'v2', '--if-absent')
  expect(stdout).toBe(`tagged local://./images/app:v2\n  digest  ${one}\n`)
  expect(calls).toEqual([reference, 'v2', { cloud: {}, expect: 'absent', force: false }])
  const unchanged = await run('tagImage', { ...tagged, previous: one, changed: false }, 'tag', reference, 'v2')
  expect(unchanged.stdout).toBe(`unchanged: local://./images/app:v2\n  digest  ${one}\n`)
})

test('restore tells what came back', async () => {
  const restored = { reference, digest: one, changed: true, deletedAt: time }
  const { stdout, calls } = await run('restoreTag', restored, 'restore', reference, '--at=2026-01-02T03:04:05+01:00')
  expect(stdout).toBe(`restored ${reference}\n  digest  ${one}\n`)
  expect(calls).toEqual([reference, { cloud: {}, at: new Date('2026-01-02T02:04:05Z'), force: false }])
})

test('restore --list shows the trash, with times that --at takes', async () => {
  const list = (...argv: string[]) =>
    runLading(['restore', '--list', ...argv, 'local://./images/'], {
      library: {
        async *listDeletedTags() {
          yield { image: 'app', tag: 'v1', digest: one, deletedAt: time }
        },
      },
    })
  expect((await list()).stdout).toBe(`2026-01-02T03:04:05.678Z  ${one}  app:v1\n`)
  expect(JSON.parse((await list('--output=json')).stdout)).toEqual([
    { image: 'app', tag: 'v1', digest: one, deletedAt: time.toISOString() },
  ])
  expect((await list('--force')).exit).toBe(64)
})

test.each([
  ['restore', '--at=yesterday'],
  ['restore', '--at=2026-13-02T03:04:05Z'],
  ['restore', '--digest=abc'],
  ['rollback', '--if-digest=abc'],
  ['tag', 'v2', '--if-absent', `--if-digest=${one}`],
])('%s %s is refused', async (command, ...options) => {
  const { exit, stdout } = await runLading([command, reference, ...options])
  expect([exit, stdout]).toEqual([64, ''])
})
