import type { ServiceName } from './peer.ts'

/** Why what needs `names` cannot run, if it cannot. */
export function missingServices(
  names: readonly ServiceName[],
  find: (name: ServiceName) => string | undefined,
): string | undefined {
  const missing = names.filter(name => find(name) === undefined)
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}: npm run services installs it`
}
