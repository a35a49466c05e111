import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { parseJson } from './archive-manifest.ts'

const schema = v.looseObject({
  rootfs: v.looseObject({
    diff_ids: v.nullish(
      v.array(v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a digest')),
      [],
    ),
  }),
})

/**
 * Digests of an image's uncompressed layers, in order, as its config says them.
 *
 * @throws LadingError `bad-archive` where it is no image's config: without them no layer could be told
 */
export function readDiffIds(config: Uint8Array, name: string): readonly Digest[] {
  const parsed = v.safeParse(schema, parseJson(config, name), { abortEarly: true })
  if (parsed.success) return parsed.output.rootfs.diff_ids ?? []
  const [issue] = parsed.issues
  const where = v.getDotPath(issue) ?? 'the document'
  throw new LadingError('bad-archive', `${name} is not the config of an image: ${where} is missing or malformed`)
}
