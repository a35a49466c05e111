import { isLadingError } from '../../../errors/index.ts'
import { parseRegistryReference, type RegistryReference } from '../reference.ts'

/** Whether a name has neither registry, tag nor digest: `alpine`, `user/app`. */
export function isShortName(text: string): boolean {
  return tryParse(text)?.shortName === text
}

/** Whether a name has its registry, and neither a tag nor a digest: `quay.io/user/app`. */
export function isWholeName(text: string): boolean {
  if (text.startsWith('docker://')) return false
  const reference = tryParse(text)
  return reference !== undefined && reference.shortName === undefined && tryParse(`${text}:tag`)?.tag === 'tag'
}

function tryParse(text: string): RegistryReference | undefined {
  try {
    return parseRegistryReference(text)
  } catch (error) {
    if (isLadingError(error)) return undefined
    throw error
  }
}
