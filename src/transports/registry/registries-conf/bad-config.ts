import { LadingError } from '../../../errors/index.ts'

/** The error of a file that cannot be used, `where` in it (`line 3, column 5`, or a key) and why. */
export function badConfig(file: string, where: string | undefined, why: string, hint?: string): LadingError {
  return new LadingError('bad-config', where === undefined ? why : `${where}: ${why}`, {
    operation: 'read',
    side: 'local',
    subject: file,
    hint: hint ?? `mend ${file}: containers-registries.conf(5) says what it holds`,
  })
}
