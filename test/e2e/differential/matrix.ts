import type { Case } from './case.ts'
import { type PlaceKind, placeKinds } from './place.ts'
import { realImages, type SmallImage, smallImages } from './small-images.ts'

const formats: readonly (readonly string[])[] = [[], ['--format', 'oci'], ['--format', 'v2s2']]

/** With every format. */
const compressions: readonly (readonly string[])[] = [
  [],
  ['--dest-compress'],
  ['--dest-decompress'],
  ...['gzip', 'zstd', 'zstd:chunked'].flatMap(format => [
    ['--dest-compress-format', format],
    ['--dest-compress-format', format, '--dest-force-compress-format'],
  ]),
  ['--dest-compress', '--dest-compress-format', 'zstd'],
]

/** Those of them that images are told apart by. */
const tellingCompressions = [
  [],
  ['--dest-decompress'],
  ['--dest-compress-format', 'gzip'],
  ['--dest-compress', '--dest-compress-format', 'zstd', '--dest-force-compress-format'],
]

/** Schema 1 has one way to store layers. */
const schema1 = [[], ['--dest-decompress'], ['--dest-compress-format', 'zstd']].map(compression => [
  '--format',
  'v2s1',
  ...compression,
])

/** Without a format: they decide nothing that a format does. */
const others: readonly (readonly string[])[] = [
  ['--dest-compress-format', 'gzip', '--dest-compress-level', '9', '--dest-force-compress-format'],
  ['--dest-compress-format', 'gzip', '--dest-compress-level', '10', '--dest-force-compress-format'],
  ['--dest-compress-format', 'zstd', '--dest-compress-level', '20', '--dest-force-compress-format'],
  ['--dest-compress-format', 'zstd', '--dest-compress-level', '21', '--dest-force-compress-format'],
  ['--dest-compress-level', '9'],
  ['--dest-compress', '--dest-decompress'],
  ['--dest-force-compress-format'],
  ['--dest-oci-accept-uncompressed-layers'],
  ['--dest-precompute-digests', '--dest-compress-format', 'zstd', '--dest-force-compress-format'],
  ['--preserve-digests'],
  ['--all'],
]

const optionSets = [
  ...formats.flatMap(format => compressions.map(compression => [...format, ...compression])),
  ...schema1,
]
const tellingSets = [
  ...formats.flatMap(format => tellingCompressions.map(compression => [...format, ...compression])),
  ['--format', 'v2s1'],
  ['--dest-oci-accept-uncompressed-layers'],
  ['--preserve-digests'],
  ['--all'],
  ['--all', '--format', 'oci'],
  ['--all', '--format', 'v2s2'],
]

/** What each place holds without changing it. */
const native: Readonly<Record<PlaceKind, SmallImage>> = {
  dir: 'docker',
  oci: 'oci',
  'oci-archive': 'oci with annotations',
  'docker-archive': 'docker',
  docker: 'docker',
}

/** Every pair of transports with every set of options, each on one image. */
export const transportCases: readonly Case[] = placeKinds.flatMap(from =>
  placeKinds.flatMap(to => {
    const sets = from === 'dir' || from === 'docker-archive' ? [...optionSets, ...others] : optionSets
    return sets.map(options => ({ image: native[from], from, to, options }))
  }),
)

const otherImages = smallImages.filter(image => !Object.values(native).includes(image))

/** Every other image, to a place of each sort: one that holds all, one that holds one format, a server. */
export const imageCases: readonly Case[] = otherImages.flatMap(image =>
  (['dir', 'oci', 'docker'] as const).flatMap(to =>
    tellingSets.map(options => ({ image, from: 'dir' as const, to, options })),
  ),
)

/** Real images to every place, as they are and all anew. */
export const realCases: readonly Case[] = (Object.keys(realImages) as (keyof typeof realImages)[]).flatMap(image =>
  placeKinds.flatMap(to =>
    [[], ['--format', 'oci', '--dest-compress', '--dest-compress-format', 'gzip'], ['--all']].map(options => ({
      image,
      from: 'dir' as const,
      to,
      options,
    })),
  ),
)
