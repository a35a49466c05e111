import path from 'node:path'
import { homeFolder } from '../auth/home-folder.ts'
import { type Environment, findProgram } from '../transports/programs/find-program.ts'

/** A scanner on this machine. */
export interface Scanner {
  readonly name: 'trivy' | 'syft'
  readonly path: string
  /** Absent where it does not say it. */
  readonly version?: string
}

/** Where scanners are that a user has installed without an administrator, and where `installTrivy` puts one. */
export function userPrograms(environment: Environment): string {
  return path.join(homeFolder(environment), '.local', 'bin')
}

/** Every program of this name: that of PATH, and that of `~/.local/bin`, where PATH may not lead. */
export async function findScanner(name: Scanner['name'], environment: Environment): Promise<string[]> {
  const own = { ...environment, PATH: userPrograms(environment) }
  const found = await Promise.all([findProgram(name, environment), findProgram(name, own)])
  return [...new Set(found.filter(one => one !== undefined))]
}
