import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { systemClock } from '../../src/cli/clock.ts'
import type { CommandContext } from '../../src/cli/context.ts'
import { library } from '../../src/cli/library.ts'
import { runCommandLine } from '../../src/cli/run-command-line.ts'
import type { CopyEvent } from '../../src/copy/events.ts'
import { TextOutput } from '../cli/text-output.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { canaries } from './canaries.ts'

/** A home full of secrets, each at its own entrance. */
export interface PlantedHome {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Authentication files, by what they hold for the server. */
  readonly authFiles: Readonly<Record<'password' | 'identity' | 'token' | 'helper' | 'login', string>>
  /** What the helper was started with, each time: arguments and environment. */
  helperCalls(): Promise<string>
}

export async function plantHome(port: number): Promise<PlantedHome> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'planted-'))
  const file = async (name: string, content: unknown) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    await writeFile(path.join(folder, name), text, { mode: 0o600 })
    return path.join(folder, name)
  }
  const host = `127.0.0.1:${port}`
  await mkdir(path.join(folder, 'bin'))
  const calls = path.join(folder, 'helper-calls')
  const program = path.join(folder, 'bin/docker-credential-standin')
  const answer = JSON.stringify({ ServerURL: host, Username: 'user', Secret: canaries.helperPassword })
  await writeFile(
    program,
    `#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline >> '${calls}'\nenv >> '${calls}'\ncat > /dev/null\necho '${answer}'\n`,
  )
  await chmod(program, 0o755)
  const google = {
    type: 'authorized_user',
    client_id: 'client',
    client_secret: canaries.googleSecret,
    refresh_token: canaries.googleRefresh,
  }
  const planted = {
    authFiles: {
      password: await file('password.json', { auths: { [host]: { auth: btoa(`user:${canaries.filePassword}`) } } }),
      identity: await file('identity.json', {
        auths: { [host]: { auth: btoa('<token>:'), identitytoken: canaries.identityToken } },
      }),
      token: await file('token.json', { auths: { [host]: { registrytoken: canaries.registryToken } } }),
      helper: await file('helper.json', { credHelpers: { [host]: 'standin' } }),
      login: path.join(folder, 'login.json'),
    },
    folder,
    env: {
      PATH: `${path.join(folder, 'bin')}${path.delimiter}${process.env.PATH}`,
      HOME: folder,
      XDG_CACHE_HOME: path.join(folder, 'cache'),
      XDG_RUNTIME_DIR: folder,
      LADING_DEBUG: '1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: canaries.awsSecret,
      AWS_SESSION_TOKEN: canaries.awsSession,
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      GOOGLE_APPLICATION_CREDENTIALS: await file('google.json', google),
      HTTP_PROXY: `http://user:${canaries.proxyPassword}@127.0.0.1:${port}`,
      HTTPS_PROXY: `http://user:${canaries.proxyPassword}@127.0.0.1:${port}`,
    },
    helperCalls: () => readFile(calls, 'utf8').catch(() => ''),
  }
  return planted
}

export interface PlantedRun {
  readonly exit: number
  /** What it printed, its events, and what the library threw, with all that hangs on it. */
  readonly shown: string
}

/** Runs a command line with everything shown that can be, as text or as JSON. */
export async function runPlanted(argv: readonly string[], stdin: string, env: NodeJS.ProcessEnv): Promise<PlantedRun> {
  const [stdout, stderr] = [new TextOutput(), new TextOutput()]
  const events: CopyEvent[] = []
  const thrown: unknown[] = []
  const context: CommandContext = {
    stdin: () => Readable.from([Buffer.from(stdin)]) as unknown as NodeJS.ReadStream, // it is read, and asked whether it is a terminal
    stdout,
    stderr,
    env,
    clock: systemClock,
    signal: new AbortController().signal,
    library: {
      ...library,
      // What fails is not sent again: that takes seconds, and shows nothing more.
      copyImage: async (from, to, options) => {
        try {
          return await library.copyImage(from, to, {
            ...options,
            retryRequests: false,
            onEvent: event => {
              events.push(event)
              options?.onEvent?.(event)
            },
          })
        } catch (error) {
          thrown.push(error)
          throw error
        }
      },
    },
  }
  const exit = await runCommandLine(argv, context)
  return { exit, shown: [stdout.text, stderr.text, JSON.stringify(events), inspect(thrown, { depth: 12 })].join('\n') }
}

export interface WrittenFile {
  readonly name: string
  readonly content: string
  readonly mode: number
}

export async function filesIn(folder: string): Promise<WrittenFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return await Promise.all(
    entries
      .filter(entry => entry.isFile())
      .map(async entry => {
        const name = path.join(entry.parentPath, entry.name)
        return { name, content: await readFile(name, 'latin1'), mode: (await stat(name)).mode & 0o777 }
      }),
  )
}
