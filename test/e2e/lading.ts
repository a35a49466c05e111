import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { temporaryFolder } from '../services/temporary-folder.ts'

const root = path.join(import.meta.dirname, '../..')

export const fixtures = path.join(root, 'test/fixtures')

/** A new folder that goes with the test process. */
export function newFolder(): Promise<string> {
  return mkdtemp(path.join(temporaryFolder(), 'e2e-'))
}

export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Bytes of memory that the process had at most. */
  readonly peakBytes: number
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Default: that of the checkout. */
  readonly program?: string
  /** Called with the running process. */
  readonly during?: (child: ReturnType<typeof spawn>) => void
}

/** Runs the command as users do, without this machine's credentials and proxies. */
export async function lading(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const home = await newFolder()
  const child = spawn(process.execPath, [options.program ?? path.join(root, 'bin/lading.js'), ...args], {
    cwd: options.cwd ?? home,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_RUNTIME_DIR: home,
      DOCKER_CONFIG: path.join(home, '.docker'),
      // with the lanes that the tests are run with
      ...(process.env.LADING_LANES === undefined ? {} : { LADING_LANES: process.env.LADING_LANES }),
      // what is compiled once serves all, whose homes are new
      NODE_COMPILE_CACHE: path.join(os.tmpdir(), 'compiled'),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let peakBytes = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const watch = setInterval(() => void peakOf(child.pid).then(bytes => (peakBytes = Math.max(peakBytes, bytes))), 20)
  options.during?.(child)
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve => {
    child.on('close', (...ended) => resolve(ended))
  })
  clearInterval(watch)
  return { code, signal, stdout, stderr, peakBytes }
}

/** Linux keeps the peak itself; elsewhere it is 0, and tests of memory say so. */
async function peakOf(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Every file below a folder, relative, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}
