import { join } from 'node:path'
import { LadingError } from '../../errors/index.ts'
import { flawOfFileName } from '../../model/file-name.ts'

/**
 * The file of an object.
 *
 * @throws LadingError `unsupported` where the system has no such file names: `local://…/aux:v1` is no image on Windows. They are not written
 * otherwise, since a bucket in a directory is copied from one system to another.
 */
export function objectPath(root: string, key: string, platform: NodeJS.Platform = process.platform): string {
  for (const part of key.split('/')) {
    const flaw = flawOfFileName(part, platform)
    if (flaw === undefined) continue
    throw new LadingError('unsupported', `on Windows no file can be named ${JSON.stringify(part)}: ${flaw}`, {
      hint: 'choose another name for the image or the tag, or a bucket on another system',
    })
  }
  return join(root, key)
}
