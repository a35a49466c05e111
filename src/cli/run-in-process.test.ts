import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'

const entry = new URL('run-in-process.ts', import.meta.url).href

type Child = ChildProcessByStdio<null, Readable, Readable>

/** A process that runs a command line on a library whose source is given; its stdout is a pipe, or a file. */
function start(argv: readonly string[], library: string, file?: string): Child {
  const program = `
    import { runInProcess } from ${JSON.stringify(entry)}
    const forever = signal => new Promise((_, reject) => {
      const timer = setInterval(() => {}, 1000)
      signal.addEventListener('abort', () => { clearInterval(timer); reject(signal.reason) })
    })
    await runInProcess(${JSON.stringify(argv)}, ${library})`
  const line = [process.execPath, '--input-type=module', '--eval', program]
  const redirect = file === undefined ? '' : `> ${file}`
  return spawn('sh', ['-c', `exec "$@" ${redirect}`, 'sh', ...line], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function ended(child: Child): Promise<{ code: number | null; stderr: string }> {
  const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)])
  return { code, stderr }
}

/** Copies until it is stopped, and says when it has begun and when it has cleaned up. */
const copying = `{ async copyImage(from, to, { signal }) {
  process.stdout.write('begun')
  try { await forever(signal) } finally { process.stdout.write('cleaned') }
} }`

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the run clean up, and is told in one line', async (signal, code) => {
    const child = start(['copy', 'a', 'b'], copying)
    let stdout = ''
    child.stdout.on('data', chunk => {
      stdout += chunk
      if (stdout === 'begun') child.kill(signal)
    })
    expect(await ended(child)).toEqual({ code, stderr: 'lading: interrupted\n' })
    expect(stdout).toBe('beguncleaned')
  })

  test('a second one ends a run that does not stop', async () => {
    const child = start(
      ['copy', 'a', 'b'],
      `{ copyImage(from, to, { signal }) {
        process.stdout.write('begun')
        signal.addEventListener('abort', () => process.stdout.write('asked'))
        return forever(new AbortController().signal)
      } }`,
    )
    let stdout = ''
    child.stdout.on('data', chunk => {
      stdout += chunk
      child.kill('SIGINT')
    })
    expect(await ended(child)).toEqual({ code: 130, stderr: '' })
    expect(stdout).toBe('begunasked')
  })
})

describe('an output', () => {
  const endless = `{ async *listImages() {
    for (let tag = 0; ; tag++) { yield { image: 'a', tag: 't' + tag }; await new Promise(setImmediate) }
  } }`

  test('whose reader has gone ends the run, and is no failure', async () => {
    const child = start(['list', 'b'], endless)
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await ended(child)).toEqual({ code: 0, stderr: '' })
  })

  test.each(['table', 'json'])('whose reader has gone does not hide what a scan has found (%s)', async format => {
    const child = start(
      ['scan', '--severity', 'HIGH', '--format', format, 'oci:a'],
      `{ scanImage: async () => ({ reference: 'a', found: true, severities: ['HIGH'], report: Buffer.alloc(1e6, 'x') }) }`,
    )
    child.stdout.once('data', () => child.stdout.destroy())
    expect((await ended(child)).code).toBe(1)
  })

  test('whose reader has gone does not hide that an image is not verified', async () => {
    const library = `{ verifyImage: async () => (
      { reference: 'a', digest: 'b', verified: false, signatures: [], missing: Array.from({ length: 1e5 }, () => 'x') }
    ) }`
    const read = start(['verify', '--key', 'k', 'oci:a'], library)
    read.stdout.once('data', () => read.stdout.destroy())
    const unread = start(['verify', '--key', 'k', 'oci:a'], library)
    unread.stdout.destroy()
    const codes = (await Promise.all([ended(read), ended(unread)])).map(({ code }) => code)
    expect(codes).toEqual([1, 1])
  })

  test('whose reader has gone does not hide a failure that was told', async () => {
    const child = start(
      ['list', 'b'],
      `{ async *listImages() {
        for (let tag = 0; tag < 10000; tag++) yield { image: 'a', tag: 't' + tag }
        throw new Error('no more')
      } }`,
    )
    child.stdout.once('data', () => child.stdout.destroy())
    expect((await ended(child)).code).toBe(1)
  })

  test('whose reader has gone does not stop what deletes', async () => {
    const child = start(
      ['delete', '--all-tags', 's3://b/i'],
      `{ async *deleteAllTags() {
        for (let tag = 0; tag < 1000; tag++) { yield { reference: 't' + tag }; await new Promise(setImmediate) }
        process.stderr.write('all')
      } }`,
    )
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await ended(child)).toEqual({ code: 0, stderr: 'all' })
  })

  test.skipIf(process.platform !== 'linux')('on a full disk is a failure', async () => {
    const full = start(['list', 'b'], endless, '/dev/full')
    expect(await ended(full)).toEqual({
      code: 6,
      stderr:
        'lading: write standard output (local): no space left on the device\n  hint: make room there and do it again: what is finished is kept\n',
    })
  })

  test('on stderr that nobody reads does not stop a copy', async () => {
    const child = start(
      ['copy', '--progress=json', '--output=json', 'a', 'b'],
      `{ async copyImage(source, destination, { onEvent }) {
        for (let n = 0; n < 100; n++) {
          onEvent({ type: 'warning', message: 'x' })
          await new Promise(setImmediate)
        }
        process.stdout.write('done')
        return { destination: 'b' }
      } }`,
    )
    child.stderr.destroy()
    const [[code], stdout] = await Promise.all([once(child, 'close'), text(child.stdout)])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done{\n  "destination": "b"\n}\n' })
  })
})
