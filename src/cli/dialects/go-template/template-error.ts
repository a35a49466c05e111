import { LadingError } from '../../../errors/index.ts'

/** A template that cannot be run: it is wrong, or uses what is not understood here. */
export function templateError(why: string): LadingError {
  return new LadingError('bad-argument', `template: ${why}`, {
    hint:
      'what is understood: fields, $variables, texts and numbers, range, if, with, else, end, pipes, and the functions ' +
      'json, join, split, lower, upper, title, truncate, len, index, eq, ne, not, and, or, print, println',
  })
}
