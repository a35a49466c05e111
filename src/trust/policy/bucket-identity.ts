import path from 'node:path'
import type { BucketReference } from '../../transports/index.ts'
import type { ImageIdentity } from './image-identity.ts'
import { explicitPath, pathScopes } from './path-scopes.ts'

/**
 * The identities of an image in a bucket, whose scopes are written as its reference is, without the scheme: the image, its repository, the
 * beginnings of that, the bucket, and what holds it. With a tag and a digest it is both. Endpoint and account are no part of a scope.
 *
 * @param reference MUST have a root
 */
export async function bucketIdentities(reference: BucketReference): Promise<readonly ImageIdentity[]> {
  const { scheme, root = '', path: image, tag, digest } = reference
  const isLocal = scheme === 'local'
  const place = isLocal ? await explicitPath(root) : root
  const beyond = isLocal ? await pathScopes(root) : beginnings(root)
  const mark = isLocal || root.includes('/') ? '//' : '/'
  const repository = `${place}${mark}${image}`
  const names = beginnings(image).map(name => `${place}${mark}${name}`)
  return [...(digest === undefined ? [] : [`@${digest}`]), ...(tag === undefined ? [] : [`:${tag}`])].map(exact => ({
    transport: scheme,
    scopes: [`${repository}${exact}`, ...names, ...beyond],
  }))
}

/** `a/b/c`, `a/b`, `a`. */
function beginnings(name: string): string[] {
  const all: string[] = []
  for (let at = name; at !== '.'; at = path.posix.dirname(at)) all.push(at)
  return all
}
