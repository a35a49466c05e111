import { userInfo } from 'node:os'
import { posix, win32 } from 'node:path'

/**
 * Where this machine keeps what can be found out again: XDG_CACHE_HOME (a relative path is to be ignored, says its specification), else where the
 * platform has such things. `bin/lading.js` keeps compiled code there too, and finds it in the same way.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const { isAbsolute, join } = platform === 'win32' ? win32 : posix
  const { XDG_CACHE_HOME: named, LOCALAPPDATA: local, USERPROFILE: profile, HOME } = environment
  if (named && isAbsolute(named)) return join(named, 'lading')
  if (platform === 'win32' && local && isAbsolute(local)) return join(local, 'lading', 'cache')
  const home = platform === 'win32' ? profile || HOME : HOME
  const known = home && isAbsolute(home) ? home : knownHome()
  return platform === 'darwin' ? join(known, 'Library', 'Caches', 'lading') : join(known, '.cache', 'lading')
}

/** Not what HOME says. A user that the system does not know has none, and nothing can be kept. */
function knownHome(): string {
  try {
    return userInfo().homedir
  } catch {
    return '/'
  }
}
