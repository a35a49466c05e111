import { userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Where this machine keeps what can be found out again. XDG base directory specification: a relative path is to be ignored. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME: named, HOME: home } = environment
  if (named && isAbsolute(named)) return join(named, 'lading')
  return join(home && isAbsolute(home) ? home : userInfo().homedir, '.cache', 'lading')
}
