import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, systemCode } from '../../errors/index.ts'

/**
 * The scopes of a file or directory: its path and those that it is in, absolute and without symbolic links, so that a link does not lead round a scope. The
 * root of the file system is none.
 *
 * @throws LadingError where the path cannot be followed
 */
export async function pathScopes(file: string): Promise<readonly string[]> {
  const scopes: string[] = []
  for (let at = await explicitPath(file); at !== path.dirname(at); at = path.dirname(at)) scopes.push(at)
  return scopes
}

/** What is not there yet has the place that its directory gives it. */
export async function explicitPath(file: string): Promise<string> {
  const absolute = path.resolve(file)
  try {
    return await realpath(absolute)
  } catch (error) {
    const isRoot = absolute === path.dirname(absolute)
    if (isRoot || systemCode(error) !== 'ENOENT')
      throw fromFileError(error, { operation: 'find the policy', subject: file, side: 'source' })
    return path.join(await explicitPath(path.dirname(absolute)), path.basename(absolute))
  }
}
