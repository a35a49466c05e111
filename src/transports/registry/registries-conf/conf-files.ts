import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { homeFolder } from '../../../auth/home-folder.ts'
import { fromFileError, systemCode } from '../../../errors/index.ts'
import { readSmallFile } from '../../../streams/index.ts'
import { badConfig } from './bad-config.ts'

/** Where registries.conf is looked for. */
export interface ConfSearch {
  /** `--registries-conf` */
  readonly registriesConf?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folders of the machine's administrator and of its distribution. Default: `/etc/containers`, `/usr/share/containers`. */
  readonly folders?: { readonly administrator: string; readonly distribution: string }
}

export interface ConfFile {
  readonly path: string
  readonly content: string
}

const systemFolders = { administrator: '/etc/containers', distribution: '/usr/share/containers' }

/**
 * The files that are there, in the order in which they count: containers-registries.conf(5) and containers-registries.conf.d(5).
 *
 * The user's own file takes the place of the system's and of its drop-ins; one that is named takes the place of the first only.
 *
 * @throws LadingError `bad-config` where one that is named is absent, `io`
 */
export async function readConfFiles(search: ConfSearch): Promise<ConfFile[]> {
  const { administrator, distribution } = search.folders ?? systemFolders
  const user = path.join(homeFolder(search.environment), '.config', 'containers')
  const named = search.registriesConf || search.environment.CONTAINERS_REGISTRIES_CONF
  const main = named ? await readNamed(named) : await readFirst([user, administrator, distribution])
  if (!named && main !== undefined && path.dirname(main.path) === user) return [main, ...(await readDropIns([user]))]
  return [...(main === undefined ? [] : [main]), ...(await readDropIns([distribution, administrator, user]))]
}

async function readNamed(file: string): Promise<ConfFile> {
  const found = await readIfPresent(file)
  if (found !== undefined) return found
  throw badConfig(file, undefined, 'there is no such file', 'check --registries-conf and CONTAINERS_REGISTRIES_CONF')
}

async function readFirst(folders: readonly string[]): Promise<ConfFile | undefined> {
  for (const folder of folders) {
    const found = await readIfPresent(path.join(folder, 'registries.conf'))
    if (found !== undefined) return found
  }
  return undefined
}

async function readDropIns(folders: readonly string[]): Promise<ConfFile[]> {
  const listed = await Promise.all(folders.map(folder => listDropIns(path.join(folder, 'registries.conf.d'))))
  // A file of the distribution's gives way to one of the same name: so an administrator empties it.
  const [first = [], ...others] = listed
  const taken = new Set(others.flat().map(file => path.basename(file)))
  const own = folders.length > 1 ? first.filter(file => !taken.has(path.basename(file))) : first
  const files = await Promise.all([own, ...others].flat().map(readIfPresent))
  return files.filter(file => file !== undefined)
}

async function listDropIns(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const names = entries.filter(entry => !entry.isDirectory() && entry.name.endsWith('.conf')).map(({ name }) => name)
    return names.sort().map(name => path.join(folder, name))
  } catch (error) {
    return absent(error, folder, [])
  }
}

async function readIfPresent(file: string): Promise<ConfFile | undefined> {
  try {
    return { path: file, content: (await readSmallFile(file)).toString() }
  } catch (error) {
    return absent(error, file, undefined)
  }
}

function absent<T>(error: unknown, subject: string, value: T): T {
  const system = systemCode(error)
  if (system === 'ENOENT' || system === 'ENOTDIR') return value
  throw fromFileError(error, { operation: 'read', side: 'local', subject })
}
