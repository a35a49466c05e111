import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import { readTrustedRoot, type TrustedRoot } from './trusted-root.ts'

/** @throws LadingError `bad-config` for a file that is not there, or is no `trusted_root.json` */
export async function readTrustedRootFile(file: string): Promise<TrustedRoot> {
  try {
    return await readTrustedRoot(await readSmallFile(file))
  } catch (cause) {
    const { message } = fromFileError(cause, {})
    throw new LadingError('bad-config', message, {
      operation: 'read trusted root',
      subject: file,
      side: 'local',
      cause,
    })
  }
}
