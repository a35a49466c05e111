import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { homeFolder } from '../../../auth/home-folder.ts'
import { LadingError } from '../../../errors/index.ts'
import type { RegistryReference } from '../reference.ts'
import { loadRegistriesD, type RegistriesDSearch } from './load-registries-d.ts'
import type { RegistriesD, SignatureNamespace } from './registries-d.ts'

/** Where signatures of a repository are kept beside its registry. */
export interface SignaturePlaces {
  /** What they are read below, the repository's path in it: `file:///var/lib/containers/sigstore/library/alpine`. */
  readonly read: URL
  /** What they are written below. */
  readonly write: URL
  /** Whether those of cosign, in the repository itself, are looked for and written by the containers tools. */
  readonly useSigstoreAttachments: boolean
}

/**
 * What registries.d says of an image.
 *
 * @throws LadingError `bad-config`, `io`
 */
export async function readSignaturePlaces(
  reference: RegistryReference,
  search: RegistriesDSearch,
): Promise<SignaturePlaces> {
  return signaturePlaces(reference, await loadRegistriesD(search), search.environment)
}

/** @throws LadingError `bad-config` where a place is no URL */
export function signaturePlaces(
  reference: RegistryReference,
  registriesD: RegistriesD,
  environment: RegistriesDSearch['environment'],
): SignaturePlaces {
  const found = [...scopesOf(reference).map(scope => registriesD.namespaces.get(scope)), registriesD.byDefault]
  const first = <T>(read: (namespace: SignatureNamespace) => T | undefined): T | undefined => {
    for (const namespace of found) {
      const value = namespace && read(namespace)
      if (value !== undefined) return value
    }
    return undefined
  }
  const place = (text: string | undefined) =>
    below(text === undefined ? defaultPlace(environment) : parsePlace(text), reference.repository)
  return {
    read: place(first(({ lookaside }) => lookaside)),
    // of the narrowest namespace that names either
    write: place(first(({ lookaside, lookasideStaging }) => lookasideStaging ?? lookaside)),
    useSigstoreAttachments: first(({ useSigstoreAttachments }) => useSigstoreAttachments) ?? false,
  }
}

/** The image, its repository and what holds that, its registry, the domains of that: from the narrowest on. */
function scopesOf({ registry, repository, tag, digest }: RegistryReference): string[] {
  const parts = repository.split('/')
  const parents = parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join('/'))
  const labels = registry.replace(/:\d+$/, '').split('.')
  const domains = labels.slice(1).map((_, at) => `*.${labels.slice(at + 1).join('.')}`)
  const image = `${registry}/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`
  return [image, ...parents, registry, ...domains]
}

function parsePlace(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && ['file:', 'http:', 'https:'].includes(url.protocol)) return url
  throw new LadingError('bad-config', `${JSON.stringify(text)} is no place for signatures`, {
    operation: 'read registries.d',
    hint: 'write file:///PATH, https://HOST/PATH or http://HOST/PATH',
  })
}

/** That of the containers tools: one for the root, one for every other user. */
function defaultPlace(environment: RegistriesDSearch['environment']): URL {
  const isRoot = process.geteuid?.() === 0
  const folder = isRoot
    ? '/var/lib/containers/sigstore'
    : path.join(homeFolder(environment), '.local/share/containers/sigstore')
  return pathToFileURL(folder)
}

function below(base: URL, repository: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${repository}`
  return url
}
