import { homedir } from 'node:os'

/** The user's home; the root, as the containers tools have it, of a user that the system does not know: containers are run as such. */
export function homeFolder(
  { HOME, USERPROFILE }: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  // HOME on Windows is of a shell from elsewhere; Docker and the containers tools do not read it there.
  const home = platform === 'win32' ? USERPROFILE || HOME : HOME
  if (home) return home
  try {
    return homedir()
  } catch {
    return '/'
  }
}
