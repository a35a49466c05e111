import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a program is, by the absolute folders of PATH. */
export async function findProgram(name: string, environment: Environment): Promise<string | undefined> {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    // A relative folder would run what lies in the directory that one happens to be in.
    if (!isAbsolute(folder)) continue
    const path = join(folder, file)
    if (await isExecutable(path)) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
