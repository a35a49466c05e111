import type { PointedTag } from '../bucket/index.ts'
import { alignFields } from './align-fields.ts'
import { printable } from './printable.ts'

/** What is told of a tag that was made to hold an image of its bucket. */
export const pointedFields = {
  digest: 'what the tag holds now',
  previous: 'what it held before, if it was there',
  changed: 'false where it held this digest already',
} satisfies Record<keyof PointedTag, string>

export function pointedText(
  done: string,
  { reference, digest, previous, changed }: PointedTag & { readonly reference: string },
): string {
  const headline = `${changed ? done : 'unchanged:'} ${printable(reference)}`
  return `${headline}\n${alignFields(
    [
      ['digest', digest],
      ['replaced', previous === digest ? undefined : previous],
    ],
    '  ',
  )}`
}
