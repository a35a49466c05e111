import path from 'node:path'
import { LadingError } from '../errors/index.ts'
import { type FolderCertificates, readCertificateFolder } from './certificate-folder.ts'
import { homeFolder } from './home-folder.ts'

/** Where the certificates for a registry are looked for. */
export interface CertificateSearch {
  /** `--cert-dir`: this folder, and no other. */
  readonly certDir?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folders of all users. Default: those of the containers tools and of Docker. */
  readonly systemFolders?: readonly string[]
  warn(message: string): void
}

const systemFolders = ['/etc/containers/certs.d', '/etc/docker/certs.d']

/**
 * The certificates for a registry, `host[:port]` as the user writes it: those of the folder that is named, else those of the first
 * that there is of the user's own and the system's, as the containers tools do.
 *
 * @throws LadingError `bad-argument` where the named folder is not there, and what reading a folder throws
 */
export async function findRegistryCertificates(
  registry: string,
  search: CertificateSearch,
): Promise<FolderCertificates | undefined> {
  const { certDir, environment, warn } = search
  if (certDir !== undefined) {
    const found = await readCertificateFolder(certDir, warn)
    if (found !== undefined) return found
    throw new LadingError('bad-argument', 'the folder of certificates does not exist or cannot be read', {
      operation: 'read the certificates',
      side: 'local',
      subject: certDir,
      hint: 'it holds authorities as *.crt, and a client as NAME.cert with NAME.key',
    })
  }
  const own = path.join(homeFolder(environment), '.config/containers/certs.d')
  for (const folder of [own, ...(search.systemFolders ?? systemFolders)]) {
    const found = await readCertificateFolder(path.join(folder, certificateFolderName(registry)), warn)
    if (found !== undefined) return found
  }
  return undefined
}

/** As Docker names it: `host:5000`, and `host5000` on Windows, where no folder has a colon in its name. */
export function certificateFolderName(registry: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? registry.replaceAll(':', '') : registry
}
