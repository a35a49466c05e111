import type { Access } from '../../auth/index.ts'
import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'
import { nextPage } from './next-page.ts'
import type { RegistryClient } from './registry-client.ts'

/** Tags asked for at once. A registry may give fewer, or ignore it. */
const pageSize = 1000
/** A page of a registry that ignores `n` holds all its tags. */
const maxPageBytes = limits.tagPageBytes

/**
 * The tags of a repository, a page at a time: distribution specification, "Listing Tags".
 *
 * @throws LadingError `image-not-found` where there is no such repository
 */
export async function* listTags(
  client: RegistryClient,
  repository: string,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const access: Access = { repository, actions: 'pull' }
  let target: string | undefined = `/v2/${repository}/tags/list?n=${pageSize}`
  let empty = 0
  // A page is compared with one before it, which is now and then a later one: so every circle is found, and no page is kept (Brent).
  let mark: string | undefined
  for (let pages = 1; target !== undefined; pages++) {
    if ((pages & (pages - 1)) === 0) mark = target
    const response = await client.ask({
      method: 'GET',
      target,
      access: [access],
      subject: 'tags',
      absent: 'image-not-found',
      expected: [200],
      documentBytes: maxPageBytes,
      signal,
    })
    const bytes = await readAll(response.body, maxPageBytes, 'the list of tags')
    const tags = readTags(bytes, client.session.registry)
    yield* tags
    empty = tags.length === 0 ? empty + 1 : 0
    target = nextPage(response.headers.get('link'), response.url)
    if (target !== undefined && target === mark) {
      throw new LadingError('protocol-error', `the list of tags of ${repository} goes in a circle`)
    }
    if (target !== undefined && (pages === limits.tagPages || empty === limits.emptyPages)) {
      throw new LadingError('too-large', `the list of tags of ${repository} does not end: it has ${pages} pages`)
    }
  }
}

function readTags(bytes: Uint8Array, registry: string): string[] {
  let value: unknown
  try {
    value = readJson(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new LadingError('protocol-error', `${registry} answered with a list of tags that is not JSON`, { cause })
  }
  const tags = typeof value === 'object' && value !== null && 'tags' in value ? value.tags : undefined
  // distribution writes null for a repository whose last tag was deleted.
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : []
}
