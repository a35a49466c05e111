import { join } from 'node:path'
import { homeFolder } from './home-folder.ts'

/** Where authentication files are looked for. */
export interface AuthFileSearch {
  /** `--authfile` */
  readonly authFile?: string | undefined
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** The files that are read, in order. One that is named, by option or by REGISTRY_AUTH_FILE, is the only one. */
export function authFilePaths(search: AuthFileSearch, platform: NodeJS.Platform = process.platform): string[] {
  const environment = search.environment ?? process.env
  const named = search.authFile || environment.REGISTRY_AUTH_FILE
  if (named) return [named]
  const home = homeFolder(environment, platform)
  return [
    ...runtimeAuthFile(environment, platform),
    join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
    join(environment.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ]
}

/** The file that `login` writes: the first that is read, as the containers tools do. */
export function loginAuthFile(search: AuthFileSearch): string {
  const [first] = authFilePaths(search)
  if (first === undefined) throw new TypeError('there is always a file to read')
  return first
}

/** Gone at the next start of the machine, which is what is wanted of a login; only Linux has it. */
function runtimeAuthFile(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string[] {
  if (platform !== 'linux') return []
  if (environment.XDG_RUNTIME_DIR) return [join(environment.XDG_RUNTIME_DIR, 'containers', 'auth.json')]
  return [`/run/containers/${process.getuid?.() ?? 0}/auth.json`]
}
