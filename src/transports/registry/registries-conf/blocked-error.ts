import { LadingError } from '../../../errors/index.ts'
import { formatRegistryReference, type RegistryReference } from '../reference.ts'
import type { RegistryEntry } from './registries-conf.ts'

/** The error of an image that registries.conf forbids to ask for. */
export function blockedError(reference: RegistryReference, { prefix, file }: RegistryEntry): LadingError {
  return new LadingError('blocked', `${file} blocks ${prefix}`, {
    subject: formatRegistryReference(reference),
    hint: `take "blocked = true" of ${prefix} out of ${file}, or name a file without it with --registries-conf`,
  })
}
