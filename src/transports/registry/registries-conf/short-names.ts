import { isLadingError } from '../../../errors/index.ts'
import { parseRegistryReference } from '../reference.ts'

/** Whether a name has neither registry, tag nor digest: `alpine`, `user/app`. */
export function isShortName(text: string): boolean {
  return !hasRegistry(text) && isBareName(text)
}

/** Whether a name has its registry, and neither a tag nor a digest: `quay.io/user/app`. */
export function isWholeName(text: string): boolean {
  return hasRegistry(text) && isBareName(text)
}

function hasRegistry(text: string): boolean {
  const [first = '', ...rest] = text.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
}

function isBareName(text: string): boolean {
  if (text.includes('@') || text.startsWith('docker:') || text.includes(':', text.lastIndexOf('/') + 1)) return false
  try {
    parseRegistryReference(text)
    return true
  } catch (error) {
    if (isLadingError(error)) return false
    throw error
  }
}
