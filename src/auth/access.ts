/** What a request needs to do in a repository. */
export interface Access {
  readonly repository: string
  /** `*` is everything, deleting too: the one word for it that all registries know. */
  readonly actions: 'pull' | 'pull,push' | '*'
}

/** The scope of distribution's token authentication: `repository:library/alpine:pull`. */
export function scopeOf(access: Access): string {
  return `repository:${access.repository}:${access.actions}`
}

/** Whether `scope` allows no more than one of `scopes` does already. */
export function scopeCovered(scope: string, scopes: readonly string[]): boolean {
  const wanted = splitScope(scope)
  return scopes
    .map(splitScope)
    .some(given => given.resource === wanted.resource && wanted.actions.every(action => given.actions.includes(action)))
}

/** The resource's name may hold colons of its own, in `host:port/name`. */
function splitScope(scope: string): { resource: string; actions: string[] } {
  const colon = scope.lastIndexOf(':')
  return { resource: scope.slice(0, Math.max(0, colon)), actions: scope.slice(colon + 1).split(',') }
}
