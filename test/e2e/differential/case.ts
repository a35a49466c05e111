import type { PlaceKind } from './place.ts'
import type { CaseImage } from './small-images.ts'

/** One copy that both programs do. */
export interface Case {
  readonly image: CaseImage
  readonly from: PlaceKind
  readonly to: PlaceKind
  readonly options: readonly string[]
}

export function caseTitle({ image, from, to, options }: Case): string {
  return `${image}: ${from} to ${to} ${options.join(' ')}`.trimEnd()
}
