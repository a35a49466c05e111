import type { Side } from '../errors/index.ts'
import type { Congestion, HttpClient, HttpSettings } from '../http/index.ts'
import { hostPlatform, type Platform } from '../model/platform.ts'
import type { PlatformMatching } from '../model/platform-rank.ts'
import type { CloudOptions } from '../stores/index.ts'
import type { TransportContext } from '../transports/index.ts'
import type { PolicyChoice } from '../trust/index.ts'
import type { CopyListener } from './events.ts'
import { type Lanes, openLanes } from './lanes/lanes.ts'
import type { ServerOptions } from './server-options.ts'

/** What is said of a server without a side holds for both. A credential is for one server, and so it has a side. */
export interface SessionOptions extends Pick<ServerOptions, 'authFile' | 'tlsVerify'>, HttpSettings {
  /** HTTPS for registries on this machine too, where neither `tlsVerify` nor registries.conf says otherwise. */
  readonly tlsOnLoopback?: boolean | undefined
  /**
   * Which trust policy (containers-policy.json(5)) says what may be read. Default: that of the user, else that of the system; where there is
   * neither, everything may.
   */
  readonly policy?: PolicyChoice | undefined
  /** Where temporary files are made. Default: where the system has them, or TMPDIR says. */
  readonly temporaryFolder?: string | undefined
  /** What this machine's platform is, wherever it decides. Default: what it is, and linux on macOS. */
  readonly system?: Platform | undefined
  /** How images are found for a platform: `exact`, the default, or as the containers tools do. */
  readonly platformMatching?: PlatformMatching | undefined
  /** What is wanted of a multi-platform image. */
  readonly platforms?: readonly Platform[] | undefined
  /** Where no platform is named, and the image is for several, take this machine's, also where the destination holds all of them. */
  readonly onePlatform?: boolean | undefined
  /** The registries.conf that is read in the place of the user's and the system's, for both sides. Their drop-ins are read all the same. */
  readonly registriesConf?: string | undefined
  /** The folder that is read in the place of the user's and the system's registries.d: where signatures of images in registries are kept. */
  readonly registriesD?: string | undefined
  /** The registry or daemon of one side; what is said here counts there. What is read alone, as in `inspectImage`, is the source. */
  readonly sourceServer?: ServerOptions | undefined
  readonly destinationServer?: ServerOptions | undefined
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
  /** The folders that hold the blobs of `oci:` layouts, in the place of the layouts' own. Other transports have none. */
  readonly sourceSharedBlobDir?: string | undefined
  readonly destinationSharedBlobDir?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What both sides of one operation share: one HTTP client, so connections, limits and tokens are shared too. */
export interface Session extends AsyncDisposable {
  readonly lanes: Lanes
  context(side: Side): TransportContext
}

/** What several sessions may share: connections, limits and tokens, and threads. All of it is made when it is first asked for. */
export interface Shared extends AsyncDisposable {
  readonly lanes: Lanes
  client(): Promise<HttpClient>
}

/** @throws LadingError `bad-argument` where the environment names lanes that there are none of */
export function openShared(listen: CopyListener, settings: HttpSettings = {}): Shared {
  const { userAgent, userAgentPrefix, onRequest, retryRequests } = settings
  let congestion: Promise<Congestion> | undefined
  const openCongestion = () => {
    congestion ??= import('../http/index.ts').then(({ Congestion }) => new Congestion())
    return congestion
  }
  const onUnavailable = (why: string) =>
    listen({ type: 'warning', message: `large blobs are moved without threads: ${why}` })
  const lanes = openLanes(process.env, { onRequest, retryRequests, onUnavailable }, openCongestion)
  let client: Promise<HttpClient> | undefined
  return {
    lanes,
    client() {
      client ??= Promise.all([import('../http/index.ts'), openCongestion()]).then(
        ([{ createHttpClient }, congestion]) =>
          createHttpClient({
            congestion,
            userAgent,
            userAgentPrefix,
            onRequest,
            retryRequests,
            onRetry: ({ subject, attempt, waitMs, reason }) =>
              listen({ type: 'retried', subject, attempt, waitSeconds: waitMs / 1000, reason }),
          }),
      )
      return client
    },
    async [Symbol.asyncDispose]() {
      await lanes[Symbol.asyncDispose]()
      // why there is none was said to whoever asked for it
      await (await client?.catch(() => undefined))?.[Symbol.asyncDispose]()
    },
  }
}

/** @param shared is left open when the session ends */
export function openSession(options: SessionOptions, listen: CopyListener, shared?: Shared): Session {
  const used = shared ?? openShared(listen, options)
  const http = () => used.client()
  const { temporaryFolder } = options
  // the programs that are run look there for the folder too
  const environment = temporaryFolder === undefined ? process.env : { ...process.env, TMPDIR: temporaryFolder }
  const warned = new Set<string>()
  const warn = (message: string) => {
    if (warned.has(message)) return
    warned.add(message)
    listen({ type: 'warning', message })
  }
  return {
    lanes: used.lanes,
    context(side) {
      const { server, cloud, daemonHost, sharedBlobDir } =
        side === 'destination' ? destinationOf(options) : sourceOf(options)
      return {
        side,
        http,
        credentials: { authFile: server?.authFile ?? options.authFile, credential: server?.credential },
        tlsVerify: server?.tlsVerify ?? options.tlsVerify,
        tlsOnLoopback: options.tlsOnLoopback,
        certDir: server?.certDir,
        registriesConf: options.registriesConf,
        registriesD: options.registriesD,
        cloud: { ...options.cloud, ...cloud },
        environment,
        temporaryFolder,
        createRepository: options.createRepository,
        daemonHost,
        system: systemOf(options),
        sharedBlobDir,
        platforms: options.platforms,
        onePlatform: options.onePlatform,
        signal: options.signal,
        warn,
      }
    },
    async [Symbol.asyncDispose]() {
      if (shared === undefined) await used[Symbol.asyncDispose]()
    },
  }
}

/** What images must be for, where this machine's platform decides. */
export function systemOf({ system = hostPlatform() }: Pick<SessionOptions, 'system'>): Platform {
  return system
}

function sourceOf(options: SessionOptions) {
  return {
    server: options.sourceServer,
    cloud: options.sourceCloud,
    daemonHost: options.sourceDaemonHost,
    sharedBlobDir: options.sourceSharedBlobDir,
  }
}

function destinationOf(options: SessionOptions) {
  return {
    server: options.destinationServer,
    cloud: options.destinationCloud,
    daemonHost: options.destinationDaemonHost,
    sharedBlobDir: options.destinationSharedBlobDir,
  }
}
