import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

let folder: string

/**
 * Gives a run of the tests one temporary folder of its own. What is in it goes at the end of the run, whatever left it there: a
 * worker that is ended by a signal removes nothing itself.
 */
export async function setup(): Promise<void> {
  folder = await mkdtemp(path.join(os.tmpdir(), 'lading-run-'))
  process.env.TMPDIR = folder
  // What one run remembers must not decide what another does.
  process.env.XDG_CACHE_HOME = path.join(folder, 'cache')
}

/** Removes the folder. */
export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
