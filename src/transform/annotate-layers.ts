/** What layers of one manifest say, by their place. */
export type LayerAnnotations = ReadonlyMap<number, Readonly<Record<string, string>>>

/** A manifest whose layers say this too. Everything that we do not know of stays as it was. */
export function annotateLayers(manifest: Uint8Array, annotations: LayerAnnotations): Uint8Array {
  // parsed before as a manifest: an object with an array of descriptors, or without one
  const value = JSON.parse(new TextDecoder().decode(manifest)) as {
    readonly layers?: readonly { readonly annotations?: Readonly<Record<string, string>> | null }[] | null
  }
  const layers = (value.layers ?? []).map((layer, place) => {
    const said = annotations.get(place)
    return said === undefined ? layer : { ...layer, annotations: { ...layer.annotations, ...said } }
  })
  return new TextEncoder().encode(JSON.stringify({ ...value, layers }))
}
