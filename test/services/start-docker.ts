import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { runProgram, startEngine } from './engine-process.ts'
import { servicePath } from './peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface DockerOptions {
  readonly version: '20.10' | '28'
  /** Where images are kept: 20.10 has its own store alone. Default for 28: `containerd`, as new installations of 29 have it. */
  readonly store?: 'docker' | 'containerd'
}

export interface Engine extends AsyncDisposable {
  /** `unix:///…`, as DOCKER_HOST has it. */
  readonly host: string
  /** Runs its own client to a success and answers what it printed. @throws Error with what it printed */
  client(args: readonly string[], input?: Uint8Array): Promise<Buffer>
  /** The end of its log. */
  log(): string
  stop(): Promise<void>
}

export interface DockerEngine extends Engine {
  /** The folder of its programs: the client is there too. */
  readonly programs: string
  /** Of the process above the daemon. */
  readonly pid: number
}

/** Starts a Docker daemon, empty, without a network: containers have `--network none`. */
export async function startDocker({ version, store = 'containerd' }: DockerOptions): Promise<DockerEngine> {
  const program = servicePath(version === '28' ? 'docker28/bin/dockerd' : 'docker20/bin/dockerd')
  const programs = path.dirname(program)
  // The path of a socket has 107 characters at most.
  const folder = await mkdtemp(path.join(temporaryFolder(), 'docker-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const host = `unix://${folder}/docker.sock`
  const home = path.join(folder, 'home')
  await mkdir(home)
  const env = { PATH: `${programs}:${process.env.PATH}`, HOME: home, TMPDIR: home, DOCKER_HOST: host }
  const args = [
    ...['--data-root', path.join(folder, 'data'), '--host', host, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false'],
    ...(version === '28' ? [`--feature=containerd-snapshotter=${store === 'containerd'}`] : []),
  ]
  const daemon = cleanup.use(await startEngine(program, args, /API listen on /, env))
  const owned = cleanup.move()
  const stop = () => owned.disposeAsync()
  return {
    host,
    programs,
    pid: daemon.pid,
    client: (command, input) => runProgram(path.join(programs, 'docker'), command, { env, input }),
    log: () => daemon.log(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
