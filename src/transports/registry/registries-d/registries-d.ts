/** What a file of registries.d says of a registry or a part of one: containers-registries.d(5). */
export interface SignatureNamespace {
  readonly lookaside?: string | undefined
  readonly lookasideStaging?: string | undefined
  readonly useSigstoreAttachments?: boolean | undefined
}

/** All files of registries.d together. */
export interface RegistriesD {
  /** `default-docker` */
  readonly byDefault: SignatureNamespace
  /** By the namespace: `registry.example.com/team`, `registry.example.com`, `*.example.com`. */
  readonly namespaces: ReadonlyMap<string, SignatureNamespace>
}

export const emptyRegistriesD: RegistriesD = { byDefault: {}, namespaces: new Map() }
