import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { homeFolder } from '../../../auth/home-folder.ts'
import { fromFileError, systemCode } from '../../../errors/index.ts'
import { readSmallFile } from '../../../streams/index.ts'
import type { TransportContext } from '../../transport.ts'
import { emptyRegistriesD, type RegistriesD } from './registries-d.ts'

/** Where registries.d is looked for. */
export type RegistriesDSearch = Pick<TransportContext, 'registriesD' | 'environment'>

const systemFolder = '/etc/containers/registries.d'

/**
 * What registries.d says: of the folder that is named, else the user's, and where there is none the system's.
 *
 * @throws LadingError `bad-config`, `io`
 */
export async function loadRegistriesD({ registriesD, environment }: RegistriesDSearch): Promise<RegistriesD> {
  const user = path.join(homeFolder(environment), '.config/containers/registries.d')
  const folders = registriesD ? [registriesD] : [user, systemFolder]
  for (const folder of folders) {
    const files = await listFiles(folder)
    if (files === undefined) continue
    const read = await Promise.all(files.map(readFile))
    const found = read.filter(file => file !== undefined)
    return found.length === 0 ? emptyRegistriesD : (await import('./parse-registries-d.ts')).parseRegistriesD(found)
  }
  return emptyRegistriesD
}

async function listFiles(folder: string): Promise<string[] | undefined> {
  try {
    const names = await readdir(folder)
    return names
      .filter(name => name.endsWith('.yaml'))
      .sort()
      .map(name => path.join(folder, name))
  } catch (error) {
    return absent(error, folder)
  }
}

async function readFile(file: string): Promise<{ path: string; content: string } | undefined> {
  try {
    return { path: file, content: (await readSmallFile(file)).toString() }
  } catch (error) {
    return absent(error, file)
  }
}

function absent(error: unknown, subject: string): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined
  throw fromFileError(error, { operation: 'read registries.d', side: 'local', subject })
}
