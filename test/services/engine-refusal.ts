import { spawnSync } from 'node:child_process'

/** How an engine is started: what it mounts and runs is its own, and ends with it. */
export const ownNamespaces = [
  ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'],
] as const

let known: { readonly reason: string | undefined } | undefined

/** Why no engine can run on this machine, if none can: it mounts file systems, which a container without privileges may not. */
export function engineRefusal(): string | undefined {
  if (known === undefined) {
    const mount = spawnSync('unshare', [...ownNamespaces, 'mount', '-t', 'tmpfs', 'tmpfs', '/run'], {
      encoding: 'utf8',
    })
    const why = mount.status === 0 ? undefined : (mount.error?.message ?? mount.stderr.trim())
    known = { reason: why === undefined ? undefined : `needs to mount file systems: ${why}` }
  }
  return known.reason
}
