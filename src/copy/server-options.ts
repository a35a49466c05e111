import type { GivenCredential } from '../auth/index.ts'

/** How the registry or the Docker daemon of one side is spoken to. */
export interface ServerOptions {
  /** The only authentication file that is read, instead of the places of containers-auth.json(5). */
  readonly authFile?: string | undefined
  /**
   * Who to be at the registry: a user and a password, a bearer token, or nobody. No authentication file is read then, and no helper
   * is asked.
   */
  readonly credential?: GivenCredential | undefined
  /**
   * The folder of certificates, in the place of those that are looked for. Of a registry: `*.crt` are authorities beside the system's,
   * `NAME.cert` with `NAME.key` what is shown to it; containers-certs.d(5) says where else. Of a Docker daemon: ca.pem, cert.pem, key.pem.
   */
  readonly certDir?: string | undefined
  /** `false`: accept any certificate and plain HTTP. Default: HTTPS, and plain HTTP for registries on this machine. */
  readonly tlsVerify?: boolean | undefined
}
