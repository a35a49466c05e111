import { LadingError } from '../../errors/index.ts'

/** What a put throws whose condition did not hold when it was looked at. */
export function lostRace(): LadingError {
  return new LadingError('precondition-failed', 'it is not the version that was to be replaced, or is there already')
}
