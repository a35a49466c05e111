import { LadingError } from '../errors/index.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { runProgram } from '../transports/programs/run-program.ts'
import type { Scanner } from './find-scanner.ts'

/** What the program says of itself: `Version: 0.75.0`, `syft 1.54.1`. @throws LadingError `program-failed` where it cannot be run */
export async function askVersion(
  name: Scanner['name'],
  path: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Scanner> {
  try {
    const said = await runProgram({ program: path, args: ['--version'], environment, signal })
    const version = /^(?:Version:|syft)\s+v?(\d[\w.+-]{0,60})$/m.exec(Buffer.from(said).toString('utf8'))?.[1]
    return { name, path, ...(version === undefined ? {} : { version }) }
  } catch (error) {
    throw error instanceof LadingError
      ? error.with({ operation: 'ask for its version', side: 'local', subject: path })
      : error
  }
}
