import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram, startEngine } from './engine-process.ts'
import { servicePath } from './peer.ts'
import type { Engine } from './start-docker.ts'
import { temporaryFolder } from './temporary-folder.ts'

const startMilliseconds = 20_000

/** Starts podman's service, which speaks Docker's API too, empty. Its containers are run with `--network none`: it has no plugins. */
export async function startPodman(): Promise<Engine> {
  const program = servicePath('podman')
  const folder = await mkdtemp(path.join(temporaryFolder(), 'podman-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const env = await configure(folder, path.dirname(program))
  const host = `unix://${folder}/podman.sock`
  const service = cleanup.use(
    await startEngine(program, ['--log-level=info', 'system', 'service', '--time', '0', host], /API service/, env),
  )
  // By way of the service: what is mounted for a container is then in the service's namespace.
  const client = (command: readonly string[], input?: Uint8Array) =>
    runProgram(program, ['--url', host, ...command], { env, input })
  for (const latest = Date.now() + startMilliseconds; ; await sleep(20)) {
    const answer = await client(['version']).catch(() => undefined)
    if (answer !== undefined) break
    if (Date.now() > latest) throw new Error(`podman does not answer:\n${service.log()}`)
  }
  const owned = cleanup.move()
  const stop = () => owned.disposeAsync()
  return { host, client, log: () => service.log(), stop, [Symbol.asyncDispose]: stop }
}

/** Settings that touch nothing outside of the folder. What it would run by default (crun, netavark) is not there. */
async function configure(folder: string, programs: string): Promise<Record<string, string>> {
  const home = path.join(folder, 'home')
  await mkdir(path.join(home, '.config/containers'), { recursive: true })
  await mkdir(path.join(folder, 'tmp'))
  const file = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text)
    return path.join(folder, name)
  }
  await file('home/.config/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}')
  return {
    PATH: `${programs}:${process.env.PATH}`,
    HOME: home,
    TMPDIR: path.join(folder, 'tmp'),
    CONTAINERS_STORAGE_CONF: await file(
      'storage.conf',
      `[storage]
driver = "overlay"
graphroot = "${folder}/storage"
runroot = "/run/podman"
`,
    ),
    // The limits are those that every user may set; locks in files leave nothing in /dev/shm.
    CONTAINERS_CONF: await file(
      'containers.conf',
      `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${folder}/tmp"
image_copy_tmp_dir = "${folder}/tmp"
conmon_path = ["${programs}/conmon"]
helper_binaries_dir = ["${programs}"]
[engine.runtimes]
runc = ["${programs}/runc"]
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_config_dir = "${folder}/net"
`,
    ),
    CONTAINERS_REGISTRIES_CONF: await file('registries.conf', 'unqualified-search-registries = []\n'),
  }
}
