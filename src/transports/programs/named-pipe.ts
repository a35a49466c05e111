import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { fromFileError, LadingError } from '../../errors/index.ts'
import { type Environment, findProgram } from './find-program.ts'
import { type ProgramOutput, runProgram } from './run-program.ts'

/** A pipe with a name, for a program that opens what it writes to: what Node gives it as standard output is a socket, and cannot be opened. */
export interface NamedPipe extends ProgramOutput, Disposable {
  readonly path: string
}

/**
 * Makes a pipe at a path that is not used yet.
 *
 * @throws LadingError `program-not-found`: Node makes none itself
 */
export async function makeNamedPipe(path: string, environment: Environment): Promise<NamedPipe> {
  const program = await findProgram('mkfifo', environment)
  if (program === undefined) {
    throw new LadingError('program-not-found', 'mkfifo is not installed', {
      hint: 'it is one of coreutils; is PATH set?',
    })
  }
  await runProgram({ program, args: ['-m', '600', path], environment })
  try {
    // This end keeps the other one from ending before its writer has come. Neither blocks.
    const held = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const stream = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false })
    let open = true
    const close = () => {
      if (open) closeSync(held)
      open = false
    }
    return {
      path,
      stream,
      close,
      [Symbol.dispose]() {
        close()
        stream.destroy()
      },
    }
  } catch (error) {
    throw fromFileError(error, { operation: 'open a pipe', subject: path })
  }
}
