import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, systemCode } from '../../errors/index.ts'
import type { DaemonTls } from './daemon-address.ts'

/**
 * What a folder holds for the way to a daemon, by the names that Docker gives them: ca.pem, and cert.pem with key.pem. None of them
 * has to be there.
 *
 * @throws LadingError `io`
 */
export async function readCertificates(folder: string): Promise<DaemonTls['certificates']> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map(name => read(path.join(folder, name))),
  )
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileError(error, { operation: 'read', subject: file })
  }
}
