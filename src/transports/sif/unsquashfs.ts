import { isLadingError, LadingError } from '../../errors/index.ts'
import type { ByteStream } from '../../streams/index.ts'
import { type Environment, findProgram } from '../programs/find-program.ts'
import { lastWords, programOutput } from '../programs/run-program.ts'

/** unsquashfs(1). It writes all of a file system to its standard output, owners and devices too, whoever runs it. */
export interface Unsquashfs {
  /** Whether it tells the extended attributes. */
  readonly tellsAttributes: boolean
  readonly version: string
  unpack(file: string, offset: number, signal?: AbortSignal): ByteStream
}

/** The first that writes a file system as a "pseudo file", and the first that does so with extended attributes. */
const oldest = [4, 5] as const
const oldestWithAttributes = [4, 6] as const
/** In MiB, for what has been read and is not written yet. Its own choice is 256 each. */
const queues = ['-da', '64', '-fr', '64']

/** @throws LadingError `program-not-found` */
export async function findUnsquashfs(environment: Environment, signal?: AbortSignal): Promise<Unsquashfs> {
  const program = await findProgram('unsquashfs', environment)
  const install = "install squashfs-tools (Debian's and Fedora's package has that name), 4.6 or newer"
  if (program === undefined) {
    throw new LadingError('program-not-found', 'unsquashfs is not installed, and a SIF file is a squashfs', {
      hint: install,
    })
  }
  const version = await versionOf(program, environment, signal)
  if (!isFrom(oldest, version)) {
    throw new LadingError('program-not-found', `unsquashfs ${version} is too old: 4.5 is the first that can do this`, {
      hint: install,
    })
  }
  return {
    version,
    tellsAttributes: isFrom(oldestWithAttributes, version),
    unpack: (file, offset, inner) =>
      programOutput({
        program,
        args: ['-quiet', '-no-progress', ...queues, '-offset', String(offset), '-pf', '-', file],
        environment,
        signal: inner,
        explain: damaged,
      }),
  }
}

/** It ends with 1 after `-version` too, as after anything that is no unpacking. */
async function versionOf(program: string, environment: Environment, signal: AbortSignal | undefined): Promise<string> {
  let said = ''
  try {
    for await (const chunk of programOutput({ program, args: ['-version'], environment, signal }))
      said += Buffer.from(chunk)
  } catch (error) {
    if (!isLadingError(error, 'program-failed') || said === '') throw error
  }
  return /version (\d+\.\d+[^\s]*)/.exec(said)?.[1] ?? 'of an unknown version'
}

function isFrom([major, minor]: readonly [number, number], version: string): boolean {
  const [found = Number.NaN, below = Number.NaN] = version.split(/[.-]/).map(Number)
  return found > major || (found === major && below >= minor)
}

function damaged(complaint: string): LadingError | undefined {
  if (!/corrupt|superblock|EOF|failed to read|uncompress/i.test(complaint)) return undefined
  return new LadingError('bad-archive', `the file system of the image is damaged: ${lastWords(complaint)}`)
}
