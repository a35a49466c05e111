import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

/** The tools that are measured against, as `npm run services` brings them. */
export type ServiceName =
  | PeerName
  | CephProgram
  | EngineProgram
  | 'azurite-blob'
  | 'busybox'
  | 'docker-registry'
  | 'google-cloud-storage'
  | 'gpg'
  | 'mkfs.btrfs'
  | 'mksquashfs'
  | 'node-newest'
  | 'node-oldest'
  | 'openssl'
  | 'unsquashfs'

type PeerName = 'cosign' | 'skopeo' | 'crane' | 'oras' | 'umoci' | 'rclone' | 'regctl'
type CephProgram = 'ceph-mon' | 'ceph-osd' | 'monmaptool' | 'osdmaptool' | 'radosgw' | 'radosgw-admin'
/** Of several versions, which therefore are named by the folder they are in. */
const enginePrograms = ['docker20/bin/dockerd', 'docker28/bin/dockerd', 'podman'] as const
type EngineProgram = (typeof enginePrograms)[number]

/** Whether it is a service that runs containers. */
export function isEngine(name: ServiceName): boolean {
  return enginePrograms.some(program => program === name)
}

const unpacked = ['bin', 'ceph/bin', 'podman/bin', 'squashfs/bin', 'btrfs/bin', 'busybox/bin', '.'].map(folder =>
  path.join(import.meta.dirname, '../../.services', folder),
)

/** The program behind a service: the checkout's own, else the PATH's. */
export function findService(name: ServiceName): string | undefined {
  const folders = [...unpacked, ...(process.env.PATH ?? '').split(path.delimiter)]
  return folders
    .filter(folder => path.isAbsolute(folder))
    .map(folder => path.join(folder, name))
    .find(isExecutable)
}

/** @throws Error that names the service and how to get it */
export function servicePath(name: ServiceName): string {
  const found = findService(name)
  if (found === undefined) throw new Error(`${name} is not installed: npm run services`)
  return found
}

interface PeerResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Peer {
  readonly path: string
  /** What cuts it off. */
  readonly env: Readonly<Record<string, string>>
  /** Runs it to a success. @throws Error with what it printed */
  run(args: readonly string[], options?: PeerOptions): Promise<string>
  /** Runs it and says how it ended. */
  attempt(args: readonly string[], options?: PeerOptions): Promise<PeerResult>
}

interface PeerOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * Another tool of the field, cut off from this machine's settings: an empty home, no credentials, no proxies, and for skopeo
 * a policy that accepts everything and no short-name aliases.
 */
export function peer(name: PeerName): Peer {
  const program = servicePath(name)
  const home = mkdtempSync(path.join(temporaryFolder(), `${name}-`))
  const containers = path.join(home, '.config/containers')
  const runtime = path.join(home, 'run')
  mkdirSync(containers, { recursive: true })
  mkdirSync(runtime, { mode: 0o700 })
  writeFileSync(path.join(containers, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  writeFileSync(path.join(containers, 'registries.conf'), 'unqualified-search-registries = []\n')
  const ownEnv = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: home,
    DOCKER_CONFIG: path.join(home, '.docker'),
    CONTAINERS_REGISTRIES_CONF: path.join(containers, 'registries.conf'),
  }

  function attempt(args: readonly string[], options: PeerOptions = {}): Promise<PeerResult> {
    const { env, ...rest } = options
    return new Promise((resolve, reject) => {
      const settings = { ...rest, env: { ...ownEnv, ...env }, maxBuffer: 64 * 1024 * 1024 }
      execFile(program, [...args], settings, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr })
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
        else reject(error)
      })
    })
  }

  return {
    path: program,
    env: ownEnv,
    attempt,
    async run(args, options) {
      const { code, stdout, stderr } = await attempt(args, options)
      if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}:\n${stderr || stdout}`)
      return stdout
    },
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
