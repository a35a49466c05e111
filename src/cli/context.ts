import type { Clock } from './clock.ts'
import type { Library } from './library.ts'

/** The part of a write stream that commands use. `process.stdout` is one. */
export interface Output {
  write(content: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Everything a command touches outside its arguments, so that tests bring their own. */
export interface CommandContext {
  /** Opened when it is first asked for: most commands read none. */
  stdin(): NodeJS.ReadStream
  /** Results, and nothing else. */
  readonly stdout: Output
  /** Progress, warnings, errors, prompts. */
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly library: Library
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  /** MUST be called by a command that changes things while it prints: where its reader goes away (`| head`), it is finished all the same. */
  readonly finishUnread?: () => void
}
