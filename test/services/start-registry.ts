import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeCertificate } from './certificate.ts'
import { htpasswdLine } from './credentials.ts'
import { servicePath } from './peer.ts'
import { startProcess } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { startTokenServer, type TokenServer, type TokenSettings } from './token-server.ts'

export interface RegistryOptions {
  /** `basic` and `token` know `testCredentials`; with `token` anyone may pull. */
  readonly auth?: 'none' | 'basic' | 'token'
  readonly tls?: boolean
  /** With `tls`: only those who show a certificate by one of these authorities are answered. Files of PEM. */
  readonly clientAuthorities?: readonly string[]
  readonly tokens?: Partial<TokenSettings>
  /** Takes Docker's schema 1, which 2.8 does where it is told. */
  readonly schema1?: boolean
}

export interface RegistryServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** The origin, without a path. */
  readonly url: string
  /** The authority of its certificate, where `tls` was asked for. */
  readonly caFile: string | undefined
  /** Where `auth` is `token`. */
  readonly tokens: TokenServer | undefined
  /** The end of its log. */
  log(): string
  stop(): Promise<void>
}

/**
 * Starts Debian's docker-registry 2.8 on a free port, empty.
 *
 * What it cannot: no referrers API, `tags/list?n=` is ignored, no single-request POST upload, a manifest is not deleted by tag.
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryServer> {
  const program = servicePath('docker-registry')
  const folder = await mkdtemp(path.join(temporaryFolder(), 'registry-'))
  await mkdir(path.join(folder, 'data'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))

  const certificate = options.tls ? await makeCertificate(folder, 'tls') : undefined
  const signing = options.auth === 'token' ? await makeCertificate(folder, 'token') : undefined
  const tokens = signing && cleanup.use(await startTokenServer(signing, options.tokens))
  if (options.auth === 'basic') await writeFile(path.join(folder, 'htpasswd'), `${htpasswdLine}\n`)

  // JSON is YAML, and escapes itself
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: path.join(folder, 'data') },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
      redirect: { disable: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: '127.0.0.1:0',
      secret: 'test',
      ...(certificate
        ? {
            tls: {
              certificate: certificate.certificateFile,
              key: certificate.keyFile,
              ...(options.clientAuthorities ? { clientcas: options.clientAuthorities } : {}),
            },
          }
        : {}),
    },
    ...(options.auth === 'basic' ? { auth: { htpasswd: { realm: 'test', path: path.join(folder, 'htpasswd') } } } : {}),
    ...(tokens && signing
      ? {
          auth: {
            token: {
              realm: tokens.realm,
              service: 'registry',
              issuer: 'lading-test',
              rootcertbundle: signing.certificateFile,
            },
          },
        }
      : {}),
    ...(options.schema1 ? { compatibility: { schema1: { enabled: true } } } : {}),
    // artifacts and foreign layers name URLs, and 2.8 refuses all of them unless told
    validation: { manifests: { urls: { allow: ['.*'] } } },
  }
  await writeFile(path.join(folder, 'config.yml'), JSON.stringify(config))

  const child = cleanup.use(
    await startProcess(program, ['serve', path.join(folder, 'config.yml')], /listening on (127\.0\.0\.1:[1-9]\d*)/, {
      OTEL_TRACES_EXPORTER: 'none',
    }),
  )
  const host = child.match[1] ?? ''
  const owned = cleanup.move()
  const stop = () => owned.disposeAsync()
  return {
    host,
    url: `${certificate ? 'https' : 'http'}://${host}`,
    caFile: certificate?.certificateFile,
    tokens,
    log: () => child.log(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
