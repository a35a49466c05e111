import { spawn } from 'node:child_process'
import { LadingError, systemCode } from '../errors/index.ts'
import { redactText } from '../http/index.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import { type Credential, identityTokenUser } from './credential.ts'

const defaultTimeoutMs = limits.helperMilliseconds
const maxOutputBytes = limits.helperBytes

export interface HelperOptions {
  readonly timeoutMs?: number | undefined
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Ends the helper: one that waits for its user would keep the process alive. */
  readonly signal?: AbortSignal | undefined
}

/** Asks `docker-credential-<name>` for a server's credential. @throws LadingError `credential-helper` */
export async function getFromHelper(
  name: string,
  server: string,
  options: HelperOptions = {},
): Promise<Credential | undefined> {
  const { exitCode, output } = await runHelper(name, 'get', server, options)
  if (exitCode !== 0) {
    if (saysNotFound(output)) return undefined
    throw helperError(name, `failed: ${complaint(output) || `exit code ${exitCode}`}`)
  }
  const answer = parseAnswer(output)
  if (answer === undefined) throw helperError(name, 'did not answer with a user name and a secret')
  const { username, secret } = answer
  if (username === identityTokenUser) return { kind: 'identity-token', username, token: secret }
  return secret === '' ? undefined : { kind: 'password', username, password: secret }
}

/** Gives a credential into the helper's keeping. @throws LadingError `credential-helper` */
export async function storeInHelper(
  name: string,
  server: string,
  login: { readonly username: string; readonly password: string },
  options: HelperOptions = {},
): Promise<void> {
  const input = JSON.stringify({ ServerURL: server, Username: login.username, Secret: login.password })
  const { exitCode, output } = await runHelper(name, 'store', input, options)
  if (exitCode !== 0) throw helperError(name, `could not store the credential: ${complaint(output)}`)
}

/** @returns whether it had one. @throws LadingError `credential-helper` */
export async function eraseFromHelper(name: string, server: string, options: HelperOptions = {}): Promise<boolean> {
  const { exitCode, output } = await runHelper(name, 'erase', server, options)
  if (exitCode === 0) return true
  if (saysNotFound(output)) return false
  throw helperError(name, `could not erase the credential: ${complaint(output)}`)
}

/** The helpers have no code for it, only this sentence and the ones for an entry that lacks a part. */
function saysNotFound(output: string): boolean {
  return /credentials not found|no credentials (server URL|username)/i.test(output)
}

/** What a helper says for itself. One that fails after it has answered has printed the secret, which is nothing to show. */
function complaint(output: string): string {
  return /secret/i.test(output) ? '' : redactText(output)
}

function parseAnswer(output: string): { username: string; secret: string } | undefined {
  try {
    const value: unknown = readJson(output)
    if (typeof value !== 'object' || value === null) return undefined
    const { Username: username, Secret: secret } = value as Record<string, unknown> // checked in the next line
    return typeof username === 'string' && typeof secret === 'string' ? { username, secret } : undefined
  } catch {
    return undefined
  }
}

function runHelper(
  name: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  options: HelperOptions,
): Promise<{ exitCode: number; output: string }> {
  // The name comes from a file and becomes a program: never one outside PATH.
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) throw helperError(name, 'is not the name of a program')
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; output: string }>()
  const child = spawn(`docker-credential-${name}`, [action], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...(options.environment ?? process.env) },
    windowsHide: true,
  })
  const chunks: Buffer[] = []
  let size = 0
  const giveUp = (why: string) => {
    child.kill('SIGKILL')
    // A grandchild may hold the pipe open for as long as it likes.
    child.stdout.destroy()
    child.stdin.destroy()
    reject(helperError(name, why))
  }
  const timer = setTimeout(() => giveUp(`did not answer within ${timeoutMs / 1000} s`), timeoutMs)
  const interrupted = () => giveUp('was interrupted')
  options.signal?.addEventListener('abort', interrupted, { once: true })
  if (options.signal?.aborted) interrupted()
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > maxOutputBytes) giveUp(`answered more than ${maxOutputBytes} bytes`)
  })
  child.on('error', error => {
    reject(helperError(name, systemCode(error) === 'ENOENT' ? 'is not installed' : 'could not be started', error))
  })
  child.on('close', exitCode =>
    resolve({ exitCode: exitCode ?? 1, output: Buffer.concat(chunks).toString('utf8').trim() }),
  )
  // A helper that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return promise.finally(() => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', interrupted)
  })
}

function helperError(name: string, what: string, cause?: unknown): LadingError {
  return new LadingError('credential-helper', `the credential helper docker-credential-${name} ${what}`, {
    side: 'local',
    cause,
  })
}
