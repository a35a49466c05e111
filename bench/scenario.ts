import type { ServiceName } from '../test/services/peer.ts'
import type { Shape } from './shape.ts'

/** One question, put to lading and to every peer that can answer it. */
export interface Scenario {
  /** What `--only` names. */
  readonly letter: string
  readonly title: string
  /** What its figures show. */
  readonly shows: string
  /** Amounts by name. `--size LETTER.NAME=NUMBER` chooses others, and `--scale` multiplies those that are not `fixed`. */
  readonly sizes: Readonly<Record<string, number>>
  readonly fixed?: readonly string[]
  /** Without these nothing of it runs. */
  readonly needs: readonly ServiceName[]
  /** Why it cannot run here, besides what it needs. */
  readonly unavailable?: () => string | undefined
  /** Makes the images and starts the servers, which live until the generator is left. */
  contests(stage: Stage): AsyncGenerator<Contest, void>
}

/** What a scenario is given. */
export interface Stage {
  /** For what all its runs share; it is in memory where the machine has a place for that. */
  readonly folder: string
  /** The same on a disk, for what is too large for memory. */
  readonly diskFolder: string
  /** @throws Error where the scenario has no such size */
  size(name: string): number
  /** Runs a program to a success, to get ready. */
  run(command: Command): Promise<void>
  /** The first of the builds of lading: what all are compared with, and what gets things ready. */
  readonly lading: Tool
  /** The builds of lading that are measured. */
  readonly ladings: readonly Tool[]
  /** Undefined where it is not installed or not wanted. */
  tool(name: PeerTool): Tool | undefined
}

/** The peers. */
export const peerTools = ['skopeo', 'crane', 'oras', 'regctl', 'rclone'] as const
export type PeerTool = (typeof peerTools)[number]

export interface Tool {
  readonly name: string
  command(args: readonly string[], env?: Readonly<Record<string, string>>): Command
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/** One table: programs that do the same work. */
export interface Contest {
  readonly title: string
  /** What the programs talk to, by name. */
  readonly servers: Readonly<Record<string, ContestServer>>
  readonly contestants: readonly Contestant[]
  /** Bytes that the work moves, for the rate. */
  readonly bytes?: number
  /** How many rounds there are, where so many are asked for. */
  readonly rounds?: (asked: number) => number
  /** One round and no other, on the disk: for what is too large for more. */
  readonly once?: boolean
  /** Runs beside, and works for the programs: its CPU time is told apart. */
  readonly daemon?: { readonly name: string; readonly pid: number }
}

export interface ContestServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** A network to put between in the timed rounds. */
  readonly shape?: Shape
}

export interface Contestant {
  readonly name: string
  /** Not timed. */
  readonly before?: (attempt: Attempt) => Promise<void>
  readonly command: (attempt: Attempt) => Command
  /** Whether the work was done. Not timed. @throws Error where it was not */
  readonly check?: (attempt: Attempt) => Promise<void>
  /** What the layers take at the destination, where the programs differ in that. Not timed. */
  readonly storedBytes?: (attempt: Attempt) => Promise<number>
  /** Not timed. */
  readonly after?: (attempt: Attempt) => Promise<void>
}

/** One run of one program, with a destination of its own. */
export interface Attempt {
  /** New and empty; it is removed afterwards. */
  readonly folder: string
  /** A word that no other run has, for the name of a repository. */
  readonly id: string
  /** `http://127.0.0.1:PORT` of a server, through whatever is put between. */
  url(server: string): string
  /** The same without the scheme. */
  host(server: string): string
}
