/** An entity tag without its quotes: the form in which it is kept and compared. Empty answers (Ceph's, to Complete) are none. */
export function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replace(/^(?:W\/)?"(.*)"$/, '$1') || undefined
}
