import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { LadingError } from '../../errors/index.ts'
import { redactText } from '../../http/redact.ts'
import { limits } from '../../model/limits.ts'
import { type ByteStream, readAll } from '../../streams/index.ts'
import type { Environment } from './find-program.ts'

/** A program's own words are kept from the end: there it says why it failed. */
const maxComplaintBytes = 8 * 1024
const shownComplaint = 600
/** How long a program that was asked to end may go on. */
const patienceMs = 5000

/** Another way out of a program than its standard output. */
export interface ProgramOutput {
  readonly stream: Readable
  /** Called when the program has ended: what it has written is still to be read, and then the stream ends. */
  close(): void
}

export interface ProgramRun {
  /** As `findProgram` gives it. */
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
  /** What it reads from its standard input. Absent: nothing. */
  readonly input?: Uint8Array | undefined
  /** Where it writes, if not to its standard output: a path among its arguments. */
  readonly output?: ProgramOutput | undefined
  /** What its failure means, where its words tell. Default: `program-failed`. */
  explain?(complaint: string): LadingError | undefined
  /** Whether an exit code other than 0 is an answer, and no failure. Default: none is. */
  isAnswer?(exitCode: number): boolean
  /** Hears what it writes to its standard error, as it comes. MUST NOT throw. */
  hear?(bytes: Uint8Array): void
}

/**
 * What a program writes. It is read no faster than its reader takes it, and ended with it.
 *
 * @throws LadingError `program-failed`, or what `explain` says, at the end of an output that may have looked whole
 */
export async function* programOutput(run: ProgramRun): AsyncGenerator<Uint8Array, void, undefined> {
  run.signal?.throwIfAborted()
  const settings = { env: { ...run.environment, LC_ALL: 'C.UTF-8' }, windowsHide: true }
  const child =
    run.input === undefined
      ? spawn(run.program, [...run.args], { ...settings, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn(run.program, [...run.args], { ...settings, stdio: ['pipe', 'pipe', 'pipe'] })
  // A program that ends without having read it says why with its exit code.
  child.stdin?.on('error', () => undefined).end(run.input)
  const output = run.output?.stream ?? child.stdout
  const ended = endOf(child, run)
  if (run.output !== undefined) {
    child.stdout.resume()
    void ended.then(run.output.close)
  }
  const interrupt = () => void output.destroy()
  run.signal?.addEventListener('abort', interrupt, { once: true })
  try {
    yield* readAsBytes(output)
    const { failure, complaint } = await ended
    if (failure !== undefined) throw run.explain?.(complaint) ?? programFailed(run.program, failure, complaint)
  } catch (error) {
    run.signal?.throwIfAborted()
    throw error
  } finally {
    run.signal?.removeEventListener('abort', interrupt)
    await end(child, ended)
  }
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output, which MUST be short
 */
export async function runProgram(run: ProgramRun): Promise<Uint8Array> {
  return await readAll(programOutput(run), limits.programBytes, `what ${basename(run.program)} answered`)
}

async function* readAsBytes(stream: Readable): ByteStream & AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>

interface Ended {
  /** Absent where it ended with 0, or with an answer. */
  readonly failure?: string
  readonly complaint: string
}

/** Resolves when the process is gone, and never rejects. */
function endOf(child: Child, run: ProgramRun): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  let complaint = Buffer.alloc(0)
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = Buffer.concat([complaint, chunk]).subarray(-maxComplaintBytes)
    run.hear?.(chunk)
  })
  const text = () => complaint.toString('utf8').trim()
  child.on('error', error => resolve({ failure: `could not be started: ${error.message}`, complaint: text() }))
  child.on('exit', (code, signal) => {
    const failed = code !== 0 && !(code !== null && run.isAnswer?.(code))
    // Its last words may still be in the pipe; what it left running may hold the pipe open for good.
    const finish = () =>
      resolve({
        ...(failed ? { failure: code === null ? `was ended by ${signal}` : `ended with ${code}` } : {}),
        complaint: text(),
      })
    if (child.stderr.closed) finish()
    else child.stderr.once('close', finish)
    setTimeout(finish, 1000).unref()
  })
  return promise
}

/** Leaves no process behind: it is asked to end, then made to. */
async function end(child: Child, ended: Promise<Ended>): Promise<void> {
  child.stdout.destroy()
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    await ended
    clearTimeout(timer)
  }
  child.stderr.destroy()
}

function programFailed(program: string, failure: string, complaint: string): LadingError {
  const said = lastWords(complaint)
  return new LadingError('program-failed', `${basename(program)} ${failure}${said === '' ? '' : `: ${said}`}`, {
    hint: `${program} was run for this: its own manual says more`,
  })
}

/** What a program said last, in one line. Those of the containers tools write a line of fields, of which the message is one. */
export function lastWords(complaint: string): string {
  const fatal = /^time="[^"]*" level=(?:fatal|error) msg=("(?:[^"\\]|\\.)*")/gm
  const messages = [...complaint.matchAll(fatal)].map(([, message]) => unquote(message ?? ''))
  return redactText(messages.at(-1) ?? complaint, shownComplaint)
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
