import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromFileError } from '../../errors/index.ts'
import type { Environment } from './find-program.ts'

/** A folder for files that a program needs, removed with all that is in it. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string
  /** For a program whose own temporary files shall be there too. */
  readonly environment: Environment
}

export async function openWorkFolder(environment: Environment): Promise<WorkFolder> {
  const parent = environment.TMPDIR || ((await isDirectory(bigFiles)) ? bigFiles : tmpdir())
  try {
    const path = await mkdtemp(join(parent, 'lading-'))
    return {
      path,
      environment: { ...environment, TMPDIR: path },
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
    }
  } catch (error) {
    throw fromFileError(error, { operation: 'make a temporary folder', subject: parent })
  }
}

/** hier(7): on disk, where /tmp may be memory. The containers tools put theirs there too. */
const bigFiles = '/var/tmp'

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}
