import { homedir } from 'node:os'

/** The user's home; the root, as the containers tools have it, of a user that the system does not know: containers are run as such. */
export function homeFolder({ HOME: home }: Readonly<Record<string, string | undefined>>): string {
  if (home) return home
  try {
    return homedir()
  } catch {
    return '/'
  }
}
