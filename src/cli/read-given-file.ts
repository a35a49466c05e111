import { fromFileError, LadingError } from '../errors/index.ts'

/** A file that an option names, with its name for errors. */
export async function readGivenFile(path: string, operation: string): Promise<{ bytes: Uint8Array; name: string }> {
  const { readSmallFile } = await import('../streams/read-small-file.ts')
  try {
    return { bytes: await readSmallFile(path), name: path }
  } catch (error) {
    const failure = fromFileError(error, {})
    throw failure instanceof LadingError ? failure.with({ operation, side: 'local', subject: path }) : failure
  }
}
