import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { isStandardOutput } from './archive-path.ts'

/** What a path stands for where an archive is written to it. */
export type OutputPlace =
  /** `path` is the file itself, where the user's is a link to it. */
  | { readonly kind: 'file'; readonly path: string }
  /** Standard output, a pipe, or a device. */
  | { readonly kind: 'stream'; readonly path: string }

/** @throws LadingError `bad-argument` where nothing can be written there */
export async function findOutput(path: string): Promise<OutputPlace> {
  if (isStandardOutput(path)) {
    if (!process.stdout.isTTY) return { kind: 'stream', path }
    throw new LadingError('bad-argument', 'standard output is a terminal, and an archive is not for the eyes', {
      hint: 'redirect it: `lading copy … > FILE`, or `lading copy … | …`',
    })
  }
  const stats = await statOf(path)
  if (stats === undefined) return { kind: 'file', path }
  if (stats.isFile()) return { kind: 'file', path: await realOf(path) }
  if (stats.isFIFO() || stats.isCharacterDevice()) return { kind: 'stream', path }
  throw new LadingError('bad-argument', `${path} is ${stats.isDirectory() ? 'a directory' : 'not a file'}`, {
    operation: 'open',
    subject: path,
    hint: stats.isDirectory() ? 'an archive is one file; an OCI layout in a directory is written with oci:' : undefined,
  })
}

async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    throw fromFileError(error, { operation: 'open', subject: path })
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileError(error, { operation: 'open', subject: path })
  }
}
