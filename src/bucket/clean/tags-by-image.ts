/** The tags of one image. */
export interface ImageTags<T> {
  readonly image: string
  readonly tags: readonly T[]
}

/**
 * Gathers a listing by images. The tags of `app` and those of `app/sub` come mixed, so an image is given when all below its name have
 * come: what is held is one image and those whose names begin its own.
 */
export async function* tagsByImage<T extends { readonly image: string }>(
  tags: AsyncIterable<T>,
): AsyncGenerator<ImageTags<T>, void, undefined> {
  const open = new Map<string, T[]>()
  for await (const entry of tags) {
    for (const [image, gathered] of open) {
      if (entry.image === image || entry.image.startsWith(`${image}/`)) continue
      // Between the tags of `app` may be those of an image `app/sub`, and never those of `apple`.
      open.delete(image)
      yield { image, tags: gathered }
    }
    const gathered = open.get(entry.image)
    if (gathered === undefined) open.set(entry.image, [entry])
    else gathered.push(entry)
  }
  for (const [image, gathered] of open) yield { image, tags: gathered }
}
