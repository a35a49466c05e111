import { isLoopback } from '../http/index.ts'

/** Docker Hub's API is at another host than its name. */
const apiHosts: ReadonlyMap<string, string> = new Map([
  ['docker.io', 'registry-1.docker.io'],
  ['index.docker.io', 'registry-1.docker.io'],
])

/**
 * HTTPS, and nothing else, for every registry but two kinds: one on this machine is asked in plain HTTP first, as people run them;
 * one whose certificate need not be checked may also have none.
 *
 * @returns origins in the order of trying: `https://host[:port]`
 */
export function registryOrigins(registry: string, tlsVerify: boolean | undefined): readonly [string, ...string[]] {
  const host = apiHosts.get(registry.toLowerCase()) ?? registry
  const secure = `https://${host}`
  const plain = `http://${host}`
  if (tlsVerify === false) return [secure, plain]
  if (tlsVerify === undefined && isLoopback(new URL(secure).hostname)) return [plain, secure]
  return [secure]
}
