import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { readAll } from '../../streams/index.ts'
import { findProgram } from './find-program.ts'
import { lastWords, programOutput, runProgram } from './run-program.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-programs-'))
afterAll(() => rm(folder, { recursive: true }))

const node = (
  script: string,
  rest: { signal?: AbortSignal; explain?: (text: string) => LadingError | undefined } = {},
) => ({
  program: process.execPath,
  args: ['-e', script],
  environment: { PATH: '' },
  ...rest,
})
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

/** A process that is gone leaves no entry; one that nobody waited for stays as a zombie, and answers. */
async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await sleep(10)
  }
  return false
}

describe('a program', () => {
  test('gives what it writes, all of it', async () => {
    const megabytes = node('for (let i = 0; i < 64; i++) process.stdout.write(Buffer.alloc(65536, i))')
    const bytes = await readAll(programOutput(megabytes), 5_000_000, 'the output')
    expect(bytes.byteLength).toBe(64 * 65536)
    expect([bytes[0], bytes.at(-1)]).toEqual([0, 63])
  })

  test('sees the environment that it is given, and no input', async () => {
    const seen = await runProgram({
      ...node("process.stdin.on('data', () => {}).on('end', () => console.log(process.env.GIVEN, process.env.HOME))"),
      environment: { GIVEN: 'yes' },
    })
    expect(text(seen)).toBe('yes undefined\n')
  })

  test('reads the input that it is given, all of it or none', async () => {
    const input = Buffer.alloc(1_000_000, 'words; ')
    const counting = node(
      "let n = 0; process.stdin.on('data', chunk => (n += chunk.length)).on('end', () => console.log(n))",
    )
    expect(text(await runProgram({ ...counting, input }))).toBe('1000000\n')
    expect(text(await runProgram({ ...node("console.log('done'); process.exit()"), input }))).toBe('done\n')
  })

  test('that fails is an error with its words, also after output that looked whole', async () => {
    const failing = node("console.log('out'); console.error('no space left'); process.exitCode = 3")
    await expect(runProgram(failing)).rejects.toMatchObject({
      code: 'program-failed',
      message: `${path.basename(process.execPath)} ended with 3: no space left`,
    })
  })

  test('that fails may be understood', async () => {
    const explain = (said: string) =>
      said.includes('unknown') ? new LadingError('image-not-found', 'none') : undefined
    const failing = (word: string) => node(`console.error('${word} image'); process.exit(1)`, { explain })
    await expect(runProgram(failing('unknown'))).rejects.toMatchObject({ code: 'image-not-found' })
    await expect(runProgram(failing('ugly'))).rejects.toMatchObject({ code: 'program-failed' })
  })

  test('that ends by a signal has failed', async () => {
    await expect(runProgram(node("process.kill(process.pid, 'SIGKILL')"))).rejects.toMatchObject({
      message: expect.stringContaining('SIGKILL'),
    })
  })

  test('that cannot be started has failed', async () => {
    await expect(runProgram({ ...node(''), program: path.join(folder, 'absent') })).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringContaining('could not be started'),
    })
  })

  test('ends with its reader', async () => {
    const output = programOutput(node('console.log(process.pid); setInterval(() => console.log("x"), 1)'))
    const first = await output.next()
    const pid = Number.parseInt(text(first.value ?? new Uint8Array()), 10)
    expect(pid).toBeGreaterThan(0)
    await output.return()
    expect(await isGone(pid)).toBe(true)
  })

  test('ends when it is interrupted, even where it writes nothing', async () => {
    const controller = new AbortController()
    const output = programOutput(
      node('console.log(process.pid); setInterval(() => {}, 1000)', { signal: controller.signal }),
    )
    const pid = Number.parseInt(text((await output.next()).value ?? new Uint8Array()), 10)
    const next = output.next()
    controller.abort(new Error('stop'))
    await expect(next).rejects.toThrow('stop')
    expect(await isGone(pid)).toBe(true)
  })

  test('is not started when all is over', async () => {
    const marker = path.join(folder, 'marker')
    const script = `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`
    await expect(runProgram(node(script, { signal: AbortSignal.abort(new Error('stop')) }))).rejects.toThrow('stop')
    expect(await findProgram('marker', { PATH: folder })).toBeUndefined()
  })
})

describe('findProgram', () => {
  test.skipIf(process.platform === 'win32')(
    'takes the first that can be run, and none of a relative folder',
    async () => {
      const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')]
      for (const each of [first, second]) {
        await mkdir(each)
        await writeFile(path.join(each, 'tool'), '')
      }
      await chmod(path.join(second, 'tool'), 0o755)
      const relative = path.relative(process.cwd(), second)
      expect(await findProgram('tool', { PATH: [relative, first].join(path.delimiter) })).toBeUndefined()
      expect(await findProgram('tool', { PATH: [relative, first, second].join(path.delimiter) })).toBe(
        path.join(second, 'tool'),
      )
      expect(await findProgram('tool', {})).toBeUndefined()
    },
  )
})

test.each([
  ['', ''],
  ['Getting image\ntime="2026-01-01" level=fatal msg="no \\"x\\" there"', 'no "x" there'],
  ['time="1" level=error msg="first"\ntime="2" level=fatal msg="second"', 'second'],
  ['Error: nothing: image not known\n', 'Error: nothing: image not known'],
])('the last words of %j', (complaint, words) => {
  expect(lastWords(complaint)).toBe(words)
})
