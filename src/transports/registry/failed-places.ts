import { LadingError } from '../../errors/index.ts'
import { formatRegistryReference, type RegistryReference } from './reference.ts'

export interface PlaceFailure {
  readonly reference: RegistryReference
  readonly error: LadingError
}

/** The error of an image that was in none of several places: that of the last, and what each of the others said. */
export function failedPlaces(failures: readonly PlaceFailure[], what: string): LadingError {
  const last = failures.at(-1)
  if (last === undefined) throw new LadingError('internal', 'no place was tried')
  const others = failures.slice(0, -1)
  const { error } = last
  const tried = others.map(({ reference, error }) => `${formatRegistryReference(reference)} ${what}: ${error.message}`)
  return new LadingError(error.code, [error.message, ...tried].join('; '), {
    subject: error.subject,
    side: error.side,
    operation: error.operation,
    hint: error.hint,
    status: error.status,
    cause: error,
  })
}
