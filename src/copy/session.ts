import type { Side } from '../errors/index.ts'
import type { HttpClient } from '../http/index.ts'
import type { Platform } from '../model/platform.ts'
import type { CloudOptions } from '../stores/index.ts'
import type { TransportContext } from '../transports/index.ts'
import type { CopyListener } from './events.ts'

/** How the registry of one side is spoken to, where that is not said for both. */
export interface ServerOptions {
  /** `false`: accept any certificate and plain HTTP. */
  readonly tlsVerify?: boolean | undefined
}

export interface SessionOptions {
  /** What is wanted of a multi-platform image. */
  readonly platforms?: readonly Platform[] | undefined
  /** Where no platform is named, and the image is for several, take this machine's, also where the destination holds all of them. */
  readonly onePlatform?: boolean | undefined
  /** The only authentication file that is read, instead of the places of containers-auth.json(5). */
  readonly authFile?: string | undefined
  /** `false`: accept any certificate and plain HTTP. Default: HTTPS, and plain HTTP for registries on this machine. */
  readonly tlsVerify?: boolean | undefined
  /** The registry of one side; what is said here counts there. */
  readonly sourceServer?: ServerOptions | undefined
  readonly destinationServer?: ServerOptions | undefined
  /** The registries.conf that is read in the place of the user's and the system's, for both sides. Their drop-ins are read all the same. */
  readonly registriesConf?: string | undefined
  /** How buckets in clouds are reached, on both sides. */
  readonly cloud?: CloudOptions | undefined
  /** The same for one side; what is said here counts there. */
  readonly sourceCloud?: CloudOptions | undefined
  readonly destinationCloud?: CloudOptions | undefined
  /** Make the repository at the destination where ECR has none of that name. Other registries make it by themselves. */
  readonly createRepository?: boolean | undefined
  /** The Docker daemon that is read, and the one that is written: `unix://…`, `tcp://…` (HTTPS), `http://…`. Default: Docker's own environment. */
  readonly sourceDaemonHost?: string | undefined
  readonly destinationDaemonHost?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What both sides of one operation share: one HTTP client, so connections, limits and tokens are shared too. */
export interface Session extends AsyncDisposable {
  context(side: Side): TransportContext
}

/** An HTTP client that is made when it is first asked for. */
export interface SharedHttp extends AsyncDisposable {
  client(): Promise<HttpClient>
}

/** What several sessions may share: connections, limits and tokens. */
export function openSharedHttp(listen: CopyListener): SharedHttp {
  let client: Promise<HttpClient> | undefined
  return {
    client() {
      client ??= import('../http/index.ts').then(({ createHttpClient }) =>
        createHttpClient({
          onRetry: ({ subject, attempt, waitMs, reason }) =>
            listen({ type: 'retried', subject, attempt, waitSeconds: waitMs / 1000, reason }),
        }),
      )
      return client
    },
    async [Symbol.asyncDispose]() {
      await (await client)?.[Symbol.asyncDispose]()
    },
  }
}

/** @param shared is left open when the session ends */
export function openSession(options: SessionOptions, listen: CopyListener, shared?: SharedHttp): Session {
  const used = shared ?? openSharedHttp(listen)
  const http = () => used.client()
  const warned = new Set<string>()
  return {
    context: side => ({
      side,
      http,
      credentials: { authFile: options.authFile },
      tlsVerify:
        (side === 'destination' ? options.destinationServer : options.sourceServer)?.tlsVerify ?? options.tlsVerify,
      registriesConf: options.registriesConf,
      cloud: { ...options.cloud, ...(side === 'destination' ? options.destinationCloud : options.sourceCloud) },
      environment: process.env,
      createRepository: options.createRepository,
      daemonHost: side === 'destination' ? options.destinationDaemonHost : options.sourceDaemonHost,
      platforms: options.platforms,
      onePlatform: options.onePlatform,
      signal: options.signal,
      warn(message) {
        if (warned.has(message)) return
        warned.add(message)
        listen({ type: 'warning', message })
      },
    }),
    async [Symbol.asyncDispose]() {
      if (shared === undefined) await used[Symbol.asyncDispose]()
    },
  }
}
