import { userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Where this machine keeps what can be found out again. XDG base directory specification: a relative path is to be ignored. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME: named, HOME: home } = environment
  if (named && isAbsolute(named)) return join(named, 'lading')
  return join(home && isAbsolute(home) ? home : knownHome(), '.cache', 'lading')
}

/** Not what HOME says. A user that the system does not know has none, and nothing can be kept. */
function knownHome(): string {
  try {
    return userInfo().homedir
  } catch {
    return '/'
  }
}
