import type { Digest } from '../../src/model/digest.ts'

/** A folder of one case. Everything that the case writes is below it. */
export interface World {
  readonly folder: string
  /** What is written, or read. */
  readonly there: string
  /** Where it is read from, the same for all cases. */
  readonly source: string
}

/** One place that lading writes to, or reads. */
export interface Place {
  readonly name: string
  /** What is there before. Done once: each case has a copy of it. */
  prepare?(world: World): Promise<void>
  act(world: World): Promise<unknown>
  /**
   * Reads back, in full and checked, what can be seen there: a name and what it stands for. Names that stand for nothing are absent.
   *
   * @throws where anything that can be seen is not whole
   */
  see(world: World): Promise<Readonly<Record<string, string>>>
  /** Whatever goes wrong with it is no failure of what needs it. */
  readonly isCache?: true
  /** What was done already is this error when it is asked for once more. */
  readonly doneAlready?: string
}

export type Seen = Readonly<Record<string, string | Digest>>
