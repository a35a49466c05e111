import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'

/** An image as manifest.json of a Docker archive names it. */
export interface ArchivedImage {
  /** Where its config is in the archive. */
  readonly config: string
  /** As they were written. */
  readonly tags: readonly string[]
  /** Where its layers are, the lowest first. */
  readonly layers: readonly string[]
}

export const archiveManifestName = 'manifest.json'

const entry = v.looseObject({
  Config: v.string(),
  RepoTags: v.nullish(v.array(v.string()), []),
  Layers: v.nullish(v.array(v.string()), []),
})
const schema = v.array(entry)

/** @throws LadingError `bad-archive` */
export function parseArchiveManifest(bytes: Uint8Array): readonly ArchivedImage[] {
  const parsed = v.safeParse(schema, parseJson(bytes, archiveManifestName), { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    const where = v.getDotPath(issue) ?? 'the document'
    throw new LadingError(
      'bad-archive',
      `${archiveManifestName} cannot be used: ${where} should be ${issue.expected ?? 'another thing'}, but is ${issue.received}`,
    )
  }
  return parsed.output.map(({ Config, RepoTags, Layers }) => ({ config: Config, tags: RepoTags, layers: Layers }))
}

/** One image, as `docker save` and skopeo write it. */
export function formatArchiveManifest({ config, tags, layers }: ArchivedImage): Uint8Array {
  const image = { Config: config, RepoTags: tags.length === 0 ? null : tags, Layers: layers }
  return new TextEncoder().encode(JSON.stringify([image]))
}

/** @throws LadingError `bad-archive` where the bytes are not JSON in UTF-8 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return readJson(bytes)
  } catch (cause) {
    throw new LadingError('bad-archive', `${name} is not JSON`, { cause })
  }
}
