import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readAll } from '../../streams/index.ts'
import { makeNamedPipe } from './named-pipe.ts'
import { programOutput } from './run-program.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-pipe-'))
afterAll(() => rm(folder, { recursive: true }))

let made = 0
const newPipe = () => makeNamedPipe(path.join(folder, String(made++)), process.env)
const node = (script: string, ...rest: string[]) => ({
  program: process.execPath,
  args: ['-e', script, ...rest],
  environment: process.env,
})

describe.skipIf(process.platform === 'win32')('a pipe with a name', () => {
  test('is for its owner alone', async () => {
    using pipe = await newPipe()
    const { mode } = await stat(pipe.path)
    expect((mode & 0o777).toString(8)).toBe('600')
  })

  test('gives all that a program writes to it, and ends with the program', async () => {
    using pipe = await newPipe()
    const script = `const file = require('fs').openSync(process.argv[1], 'w')
      for (let i = 0; i < 64; i++) require('fs').writeSync(file, Buffer.alloc(65536, i))`
    const bytes = await readAll(programOutput({ ...node(script, pipe.path), output: pipe }), 5_000_000, 'the output')
    expect(bytes.byteLength).toBe(64 * 65536)
    expect([bytes[0], bytes.at(-1)]).toEqual([0, 63])
  })

  test('gives nothing of a program that never opens it, and its failure', async () => {
    using pipe = await newPipe()
    const run = { ...node('console.log("x"); console.error("refused"); process.exitCode = 2'), output: pipe }
    await expect(Array.fromAsync(programOutput(run))).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringContaining('refused'),
    })
  })

  test('fails where the program fails after it has written', async () => {
    using pipe = await newPipe()
    const script = 'require("fs").writeFileSync(process.argv[1], "half"); process.exitCode = 2'
    const output = programOutput({ ...node(script, pipe.path), output: pipe })
    expect(Buffer.from((await output.next()).value ?? []).toString()).toBe('half')
    await expect(output.next()).rejects.toMatchObject({ code: 'program-failed' })
  })

  test('cannot be made without its program, nor where something stands', async () => {
    await expect(makeNamedPipe(path.join(folder, 'x'), {})).rejects.toMatchObject({ code: 'program-not-found' })
    await expect(makeNamedPipe(folder, process.env)).rejects.toMatchObject({ code: 'program-failed' })
  })
})
