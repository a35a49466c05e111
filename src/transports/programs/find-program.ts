import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a program is, by the absolute folders of PATH. */
export async function findProgram(
  name: string,
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  const file = platform === 'win32' ? `${name}.exe` : name
  for (const folder of pathIn(environment, platform).split(delimiter)) {
    // A relative folder would run what lies in the directory that one happens to be in.
    if (!isAbsolute(folder)) continue
    const path = join(folder, file)
    if (await isExecutable(path)) return path
  }
  return undefined
}

/** Windows writes `Path`, and a copy of `process.env` tells it from `PATH`. */
function pathIn(environment: Environment, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return environment.PATH ?? ''
  return Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? ''
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    // Folders can be entered, which is the same permission.
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
