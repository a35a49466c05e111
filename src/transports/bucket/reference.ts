import { LadingError } from '../../errors/index.ts'
import { validateImageName, validateTag, validateUnsplitPath } from '../../layout/index.ts'
import { type Digest, parseDigest } from '../../model/digest.ts'
import type { Reference } from '../transport.ts'

export const bucketSchemes = ['local', 's3', 'gs', 'az'] as const
export type BucketScheme = (typeof bucketSchemes)[number]

/** A bucket, or the images of one below a name. */
export interface BucketLocator {
  readonly scheme: BucketScheme
  /** The bucket's name and prefix, or its directory. Absent: a local path whose root is found when it is opened. */
  readonly root?: string
  /** With a root, an image name (or its beginning, or a glob); without one, the whole local path. */
  readonly path: string
}

/** An image in a bucket. A tag or a digest is always there: a bucket has no `latest` of its own accord. */
export interface BucketReference extends BucketLocator, Reference {
  readonly transport: 'bucket'
  readonly tag?: string
  readonly digest?: Digest
}

/**
 * Reads `s3://bucket/image:tag`, `s3://bucket/prefix//image:tag`, `local://./store/image@sha256:…`.
 *
 * Pure: a local path without `//` is kept whole. Nothing that could leave the bucket's root passes.
 *
 * @throws LadingError `bad-reference`
 */
export function parseBucketReference(text: string): BucketReference {
  const { scheme, rest } = splitScheme(text)
  refuseCredentials(scheme, rest)
  const at = rest.indexOf('@', rest.lastIndexOf('/') + 1)
  const digest = at === -1 ? undefined : parseDigestOf(rest.slice(at + 1), text)
  const named = at === -1 ? rest : rest.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon === -1 ? undefined : named.slice(colon + 1)
  const locator = splitRoot(scheme, colon === -1 ? named : named.slice(0, colon), text)
  if (tag !== undefined) validateTag(tag)
  if (tag === undefined && digest === undefined) {
    throw bad(text, 'it names neither a tag nor a digest', `add one, like ${text.replace(/\/+$/, '')}:v1`)
  }
  checkImage(locator, text)
  return {
    transport: 'bucket',
    ...locator,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Reads what a command takes that works on a bucket: `s3://bucket/`, `local://./store/`, `s3://bucket/dev/*`. */
export function parseBucketLocator(text: string): BucketLocator {
  const { scheme, rest } = splitScheme(text)
  refuseCredentials(scheme, rest)
  const locator = splitRoot(scheme, rest, text)
  if (locator.root !== undefined) validateBucketPath(locator.path)
  return locator
}

/** What is written like a URL with a password is not repeated. A directory may be named so. */
function refuseCredentials(scheme: string, rest: string): void {
  if (scheme === 'local' || !/^[^/]*@/.test(rest)) return
  throw new LadingError('bad-reference', 'a bucket reference has no place for a user or a password', {
    hint: 'leave out what stands before "@": the credentials are those that the tools of the cloud find',
  })
}

/**
 * Refuses what can be no image name, no beginning of one and no glob over them: a tag behind it, say, would match nothing.
 *
 * @throws LadingError `bad-reference`
 */
export function validateBucketPath(path: string): void {
  const name = path.replace(/\/$/, '')
  if (name !== '') validateImageName(name.replaceAll(/[*?[\]{}!,]/g, 'x'))
}

export function formatBucketReference(reference: BucketReference): string {
  const { tag, digest } = reference
  return `${formatBucketLocator(reference)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

export function formatBucketLocator({ scheme, root, path }: BucketLocator): string {
  if (root === undefined) return `${scheme}://${path}`
  // A cloud's root without a prefix ends at the first slash; every other root needs the mark.
  const mark = scheme === 'local' || root.includes('/') ? '//' : '/'
  return `${scheme}://${root}${mark}${path}`
}

function splitScheme(text: string): { scheme: BucketScheme; rest: string } {
  const scheme = bucketSchemes.find(known => text.startsWith(`${known}://`))
  if (scheme === undefined) throw bad(text, 'it does not begin with local://, s3://, gs:// or az://')
  const rest = text.slice(scheme.length + 3)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(rest)) throw bad(text, 'it holds a control character')
  return { scheme, rest }
}

function splitRoot(scheme: BucketScheme, path: string, text: string): BucketLocator {
  // The leading slashes of an absolute local path are not a mark.
  const lead = scheme === 'local' ? (/^\/+/.exec(path)?.[0].length ?? 0) : 0
  const mark = path.indexOf('//', lead)
  if (mark !== -1 && path.indexOf('//', mark + 2) !== -1) throw bad(text, 'it has "//" twice')
  if (mark !== -1) return checkedRoot(scheme, path.slice(0, mark), path.slice(mark + 2), text)
  if (scheme === 'local') {
    if (path === '') throw bad(text, 'it has no path')
    return { scheme, path }
  }
  const slash = path.indexOf('/')
  return checkedRoot(
    scheme,
    slash === -1 ? path : path.slice(0, slash),
    slash === -1 ? '' : path.slice(slash + 1),
    text,
  )
}

function checkedRoot(scheme: BucketScheme, root: string, path: string, text: string): BucketLocator {
  if (root === '') throw bad(text, 'it names no bucket')
  // A prefix becomes a part of every key; a directory is the user's own business.
  if (scheme !== 'local') for (const part of root.split('/')) checkComponent(part, text)
  return { scheme, root, path }
}

function checkComponent(part: string, text: string): void {
  try {
    validateImageName(part)
  } catch (cause) {
    throw bad(text, `${JSON.stringify(part)} cannot be a part of the bucket's root`, undefined, cause)
  }
}

/** The image part obeys the layout's rules now; of a path not yet split, all that does not lead to the root by `.` and `..`. */
function checkImage({ root, path }: BucketLocator, text: string): void {
  if (root !== undefined) {
    validateImageName(path)
    return
  }
  const lead = /^(?:\/+|(?:\.{1,2}\/)*)/.exec(path)?.[0] ?? ''
  const rest = path.slice(lead.length)
  if (rest === '') throw bad(text, 'it names no image')
  validateUnsplitPath(rest)
  validateImageName(rest.slice(rest.lastIndexOf('/') + 1))
}

function parseDigestOf(digest: string, text: string): Digest {
  try {
    return parseDigest(digest)
  } catch (cause) {
    throw bad(
      text,
      `${JSON.stringify(digest)} is not a digest`,
      'a digest is sha256: and 64, or sha512: and 128, lower-case hexadecimal digits',
      cause,
    )
  }
}

function bad(text: string, why: string, hint?: string, cause?: unknown): LadingError {
  return new LadingError('bad-reference', `${JSON.stringify(text)} is not a bucket reference: ${why}`, {
    hint: hint ?? 'write SCHEME://BUCKET/IMAGE:TAG, or SCHEME://BUCKET/PREFIX//IMAGE:TAG',
    cause,
  })
}
