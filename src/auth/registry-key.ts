/** Docker Hub under each of the names that tools write down. */
const dockerHubHosts: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** The server that Docker's own helpers keep Docker Hub's credentials under. */
export const dockerHubServer = 'https://index.docker.io/v1/'

/** One name for one registry: lower case, and `docker.io` for Docker Hub. */
export function canonicalRegistry(host: string): string {
  const lower = host.toLowerCase()
  return dockerHubHosts.has(lower) ? 'docker.io' : lower
}

/** The keys under which credentials for a repository may stand, most specific first: containers-auth.json(5). */
export function namespaceKeys(registry: string, repository: string | undefined): string[] {
  const host = canonicalRegistry(registry)
  const components = repository?.split('/') ?? []
  const paths = components.map((_, index) => components.slice(0, components.length - index).join('/'))
  return [...paths.map(path => `${host}/${path}`), host]
}

/** The registry that a key written as a URL or a bare host means (`https://host/v1/`), `undefined` for a key with a namespace. */
export function registryOfKey(key: string): string | undefined {
  const bare = key.replace(/^https?:\/\//i, '')
  const [host = '', ...path] = bare.split('/')
  const isUrl = bare !== key || /^v[12]\/?$/.test(path.join('/'))
  return path.length === 0 || isUrl ? canonicalRegistry(host) : undefined
}
