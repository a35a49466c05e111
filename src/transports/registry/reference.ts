import { LadingError } from '../../errors/index.ts'
import { type Digest, parseDigest } from '../../model/digest.ts'
import type { Reference } from '../transport.ts'

/** An image in a registry, with everything that `docker pull` fills in. */
export interface RegistryReference extends Reference {
  readonly transport: 'registry'
  /** `host[:port]`; Docker Hub is `docker.io`. */
  readonly registry: string
  /** Below the registry: `library/alpine`. */
  readonly repository: string
  /** Absent only beside a digest. With a digest it is only a name: the digest decides. */
  readonly tag?: string
  readonly digest?: Digest
  /** The name as it was typed, where it had neither a registry nor `docker://`: what is read then is what registries.conf says. */
  readonly shortName?: string
}

// The grammar of the distribution project's reference package, which `docker pull` uses.
const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const host = new RegExp(`^(?:${hostLabel}(?:\\.${hostLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const tagGrammar = /^\w[\w.-]{0,127}$/
const imageId = /^[a-f0-9]{64}$/
const maxNameLength = 255

/**
 * Reads a registry reference as `docker pull` does, with or without `docker://`: `alpine` is `docker.io/library/alpine:latest`.
 *
 * @throws LadingError `bad-reference`
 */
export function parseRegistryReference(text: string): RegistryReference {
  const bare = text.startsWith('docker://') ? text.slice('docker://'.length) : text
  const fail = (why: string, hint?: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not an image reference: ${why}`, {
      hint: hint ?? 'write [HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST], like ghcr.io/owner/app:v1',
    })
  // A tag before a digest has a colon before the @ too, and no slash behind it.
  if (/^(?:[a-z]+:\/\/)?[^/@]*@[^/]*\//.test(bare) || /^[^/@]*:[^/@]*@(?!sha\d+:)/.test(bare)) throw holdsCredentials()
  if (bare === '') throw fail('it is empty')
  const [named, digestText, ...more] = bare.split('@')
  if (named === undefined || more.length > 0) throw fail('it has more than one "@"')
  const digest = digestText === undefined ? undefined : parseDigestOf(digestText, fail)
  const { name, tag } = splitTag(named)
  if (tag !== undefined && !tagGrammar.test(tag)) {
    throw fail(
      `${JSON.stringify(tag)} is not a tag`,
      'a tag has at most 128 letters, digits, "_", "." and "-", and begins with none of the last two',
    )
  }
  const { registry, repository, short } = splitHost(name)
  if (!host.test(registry) || !validPort(registry)) throw fail(`${JSON.stringify(registry)} is not a registry host`)
  const bad = repository.split('/').find(component => !pathComponent.test(component))
  if (bad !== undefined) throw fail(whyBadComponent(bad))
  if (registry === 'docker.io' && !name.includes('/') && imageId.test(name))
    throw fail('it is an image ID, and a registry knows images by name')
  if (registry.length + 1 + repository.length > maxNameLength)
    throw fail(`the name is longer than ${maxNameLength} characters`)
  return {
    transport: 'registry',
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest === undefined ? {} : { digest }),
    ...(short && bare === text ? { shortName: name } : {}),
  }
}

/** The reference is not repeated: it may hold a password. */
function holdsCredentials(): LadingError {
  return new LadingError('bad-reference', 'an image reference has no place for a user or a password', {
    hint: 'leave out what stands before "@", and log in with `lading login`',
  })
}

/** The canonical form: `docker.io/library/alpine:latest`. It has no short name. */
export function formatRegistryReference(reference: RegistryReference): string {
  const { registry, repository, tag, digest } = reference
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function parseDigestOf(text: string, fail: (why: string) => LadingError): Digest {
  try {
    return parseDigest(text)
  } catch {
    throw fail(
      `${JSON.stringify(text)} is not a digest: sha256: and 64, or sha512: and 128, lower-case hexadecimal digits`,
    )
  }
}

/** The tag follows the last colon, unless that colon stands before a slash and so begins a port. */
function splitTag(named: string): { name: string; tag?: string } {
  const colon = named.lastIndexOf(':')
  if (colon === -1 || named.indexOf('/', colon) !== -1) return { name: named }
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/** What stands before the first slash is a host if it could not be a Docker Hub user: a dot, a colon, an upper-case letter, or `localhost`. */
function splitHost(name: string): { registry: string; repository: string; short: boolean } {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const isHost = slash !== -1 && (/[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (!isHost) {
    return { registry: 'docker.io', repository: name.includes('/') ? name : `library/${name}`, short: true }
  }
  const registry = first === 'index.docker.io' ? 'docker.io' : first
  const rest = name.slice(slash + 1)
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest
  return { registry, repository, short: false }
}

function validPort(registry: string): boolean {
  const port = /:(\d+)$/.exec(registry.replace(/^\[[^\]]*\]/, ''))?.[1]
  return port === undefined || (Number(port) > 0 && Number(port) < 65_536)
}

function whyBadComponent(component: string): string {
  if (component === '') return 'a part of the repository is empty'
  if (component === '.' || component === '..') return `a part of the repository is ${JSON.stringify(component)}`
  if (component !== component.toLowerCase())
    return `the repository must be lower case, and ${JSON.stringify(component)} is not`
  return `${JSON.stringify(component)} is not a part of a repository name`
}
