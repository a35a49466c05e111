import * as v from 'valibot'
import { bareMediaType } from '../../model/media-types.ts'

/** Those that can be made. */
export const madeFormats = ['spdx-json', 'cyclonedx-json'] as const
export type MadeFormat = (typeof madeFormats)[number]

/** How a software bill of materials is written. `spdx` is SPDX's text, tag by tag. */
export type SbomFormat = MadeFormat | 'spdx' | 'syft-json'

const byMediaType: Readonly<Record<string, SbomFormat>> = {
  'application/spdx+json': 'spdx-json',
  'text/spdx+json': 'spdx-json',
  'text/spdx': 'spdx',
  'application/vnd.cyclonedx+json': 'cyclonedx-json',
  'application/vnd.syft+json': 'syft-json',
}

export function formatOfType(mediaType: string): SbomFormat | undefined {
  const bare = bareMediaType(mediaType)
  return Object.hasOwn(byMediaType, bare) ? byMediaType[bare] : undefined
}

/** Types of predicates, which may be followed by `/` and a version. */
const byPredicate: Readonly<Record<string, SbomFormat>> = {
  'https://spdx.dev/Document': 'spdx-json',
  'https://cyclonedx.org/bom': 'cyclonedx-json',
  'https://syft.dev/bom': 'syft-json',
}

export function formatOfPredicate(type: string): SbomFormat | undefined {
  return Object.entries(byPredicate).find(([known]) => type === known || type.startsWith(`${known}/`))?.[1]
}

const shapes: Readonly<Record<Exclude<SbomFormat, 'spdx'>, v.GenericSchema>> = {
  'spdx-json': v.looseObject({ spdxVersion: v.pipe(v.string(), v.startsWith('SPDX-')) }),
  'cyclonedx-json': v.looseObject({ bomFormat: v.literal('CycloneDX') }),
  'syft-json': v.looseObject({ artifacts: v.array(v.unknown()), schema: v.looseObject({ version: v.string() }) }),
}

/** Whether a JSON value is a document of this format. What is in it is not looked at. */
export function isSbom(format: Exclude<SbomFormat, 'spdx'>, value: unknown): boolean {
  return v.is(shapes[format], value)
}

export function isSpdxText(text: string): boolean {
  return /^SPDXVersion: SPDX-/m.test(text)
}
