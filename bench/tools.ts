import { existsSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import path from 'node:path'
import { findService, peer } from '../test/services/peer.ts'
import { temporaryFolder } from '../test/services/temporary-folder.ts'
import type { PeerTool, Tool } from './scenario.ts'

/** A peer, cut off from this machine's settings. Undefined where it is not installed. */
export function findTool(name: PeerTool): Tool | undefined {
  if (findService(name) === undefined) return undefined
  const { path: program, env: own } = peer(name)
  return { name, command: (args, env = {}) => ({ program, args, env: { ...own, ...env } }) }
}

/**
 * A build of lading, with a home of its own that it keeps through the run.
 *
 * @param place a checkout that is built, or the file of a program
 * @throws Error where there is neither
 */
export async function ladingTool(name: string, place: string): Promise<Tool> {
  const program = statSync(place).isDirectory() ? await builtProgram(place) : path.resolve(place)
  const home = mkdtempSync(path.join(temporaryFolder(), 'home-'))
  const own = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_CACHE_HOME: path.join(home, '.cache'),
    TMPDIR: home,
    DOCKER_CONFIG: path.join(home, '.docker'),
    // what chooses the lanes of all runs
    ...(process.env.LADING_LANES === undefined ? {} : { LADING_LANES: process.env.LADING_LANES }),
  }
  return {
    name,
    command: (args, env = {}) => ({ program: process.execPath, args: [program, ...args], env: { ...own, ...env } }),
  }
}

/** As it is installed: a checkout would run its sources. */
async function builtProgram(checkout: string): Promise<string> {
  const root = path.resolve(checkout)
  if (!existsSync(path.join(root, 'dist'))) throw new Error(`${root} is not built: npm run build`)
  const folder = mkdtempSync(path.join(temporaryFolder(), 'built-'))
  mkdirSync(path.join(folder, 'bin'))
  // a copy, so that a build that is made meanwhile changes nothing
  for (const part of ['dist', 'bin']) await cp(path.join(root, part), path.join(folder, part), { recursive: true })
  for (const part of ['package.json', 'node_modules']) symlinkSync(path.join(root, part), path.join(folder, part))
  return path.join(folder, 'bin/lading.js')
}
