import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram, startEngine } from './engine-process.ts'
import { servicePath } from './peer.ts'
import { writePodmanSettings } from './podman-settings.ts'
import type { Engine } from './start-docker.ts'
import { temporaryFolder } from './temporary-folder.ts'

const startMilliseconds = 20_000

/** Starts podman's service, which speaks Docker's API too, empty. Its containers are run with `--network none`: it has no plugins. */
export async function startPodman(): Promise<Engine> {
  const program = servicePath('podman')
  const folder = await mkdtemp(path.join(temporaryFolder(), 'podman-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const env = await writePodmanSettings(folder, path.dirname(program))
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
