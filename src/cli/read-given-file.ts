import { fromFileError, LadingError } from '../errors/index.ts'
import { readSmallFile } from '../streams/index.ts'

/** A file that an option names, with its name for errors. */
export async function readGivenFile(path: string, operation: string): Promise<{ bytes: Uint8Array; name: string }> {
  try {
    return { bytes: await readSmallFile(path), name: path }
  } catch (error) {
    const failure = fromFileError(error, {})
    throw failure instanceof LadingError ? failure.with({ operation, side: 'local', subject: path }) : failure
  }
}
