import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { Content } from './policy.ts'

/** A key or certificate that a policy names. @throws LadingError `bad-config` */
export async function readContent(content: Content): Promise<Uint8Array> {
  if ('bytes' in content) return content.bytes
  try {
    return await readSmallFile(content.path)
  } catch (error) {
    const { message } = fromFileError(error, {})
    throw new LadingError('bad-config', `a key that the policy names cannot be read: ${message}`, {
      operation: 'read key',
      subject: content.path,
      side: 'local',
      cause: error,
    })
  }
}
