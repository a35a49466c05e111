/** What a request is about: of a registry, or of an object store. */
export function requestKind(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://any')
  if (pathname === '/v2/' || pathname === '/v2') return 'ping'
  if (pathname.startsWith('/v2/')) {
    if (searchParams.has('mount')) return 'mount'
    return (
      /\/(?:blobs\/(uploads)|(blobs|manifests|tags|referrers)\/[^/]+$)/.exec(pathname)?.slice(1).find(Boolean) ??
      'other'
    )
  }
  if (pathname.endsWith('/token')) return 'token'
  if (searchParams.has('partNumber')) return 'part'
  if (searchParams.has('uploads') || searchParams.has('uploadId')) return 'upload'
  if (searchParams.has('list-type') || searchParams.has('prefix')) return 'list'
  return 'object'
}
