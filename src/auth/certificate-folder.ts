import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, LadingError, systemCode } from '../errors/index.ts'
import type { ServerRoute } from '../http/index.ts'
import { readSmallFile } from '../streams/index.ts'

/** What a registry's folder of certificates says: containers-certs.d(5). */
export type FolderCertificates = Pick<ServerRoute, 'moreCa' | 'cert' | 'key'>

interface Pair {
  readonly cert: string
  readonly key: string
  /** `ec`, `rsa`: TLS shows one certificate for each kind of key. */
  readonly kind: string
}

/**
 * Reads a folder: `*.crt` are authorities, `NAME.cert` and `NAME.key` what this client shows for itself. Of several clients with one
 * kind of key the first by name is shown.
 *
 * @param warn is told of an authority that cannot be used; the system's may do
 * @returns `undefined` where there is no such folder, or none that this user may read
 * @throws LadingError `tls` where a certificate or a key stands alone or cannot be used, `io`
 */
export async function readCertificateFolder(
  folder: string,
  warn: (message: string) => void,
): Promise<FolderCertificates | undefined> {
  const names = await listFolder(folder)
  if (names === undefined) return undefined
  const bundles = await Promise.all(names.filter(isNamed('.crt')).map(name => readPem(folder, name)))
  const authorities = bundles.flatMap(({ file, text }) => {
    const usable = certificatesIn(text)
    if (usable.length === 0) warn(`${file} holds no certificate in PEM: it is passed over`)
    return usable
  })
  const pairs = Map.groupBy(await readPairs(folder, names), pair => pair.kind)
  const shown = [...pairs.values()].flatMap(([first]) => first ?? [])
  return {
    ...(authorities.length === 0 ? {} : { moreCa: authorities }),
    ...(shown.length === 0 ? {} : { cert: shown.map(({ cert }) => cert), key: shown.map(({ key }) => key) }),
  }
}

async function listFolder(folder: string): Promise<string[] | undefined> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    const system = systemCode(error)
    if (system === 'ENOENT' || system === 'EACCES' || system === 'EPERM') return undefined
    throw fromFileError(error, { operation: 'read the certificates', side: 'local', subject: folder })
  }
}

/** Those that can be read: one that cannot takes nothing from the others. */
function certificatesIn(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.filter(isCertificate)
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0
  } catch {
    return false
  }
}

function isNamed(extension: string): (name: string) => boolean {
  return name => name.endsWith(extension)
}

async function readPairs(folder: string, names: readonly string[]): Promise<Pair[]> {
  const certificates = names.filter(isNamed('.cert')).map(name => name.slice(0, -'.cert'.length))
  const keys = names.filter(isNamed('.key')).map(name => name.slice(0, -'.key'.length))
  for (const name of certificates) {
    if (keys.includes(name)) continue
    throw unusable(
      folder,
      `${name}.cert has no ${name}.key`,
      'an authority is named *.crt, a client certificate *.cert',
    )
  }
  for (const name of keys) {
    if (!certificates.includes(name)) throw unusable(folder, `${name}.key has no ${name}.cert`)
  }
  return await Promise.all(certificates.map(name => readPair(folder, name)))
}

async function readPair(folder: string, name: string): Promise<Pair> {
  const [{ text: cert }, { text: key }] = await Promise.all([
    readPem(folder, `${name}.cert`),
    readPem(folder, `${name}.key`),
  ])
  const certificate = parsed(() => new X509Certificate(cert), folder, `${name}.cert is not a certificate in PEM`)
  const privateKey = parsed(() => createPrivateKey(key), folder, `${name}.key is not a key in PEM without a passphrase`)
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(folder, `${name}.key is not the key of ${name}.cert`)
  return { cert, key, kind: privateKey.asymmetricKeyType ?? '' }
}

async function readPem(folder: string, name: string): Promise<{ file: string; text: string }> {
  const file = path.join(folder, name)
  try {
    return { file, text: (await readSmallFile(file)).toString() }
  } catch (error) {
    throw fromFileError(error, { operation: 'read the certificates', side: 'local', subject: file })
  }
}

/** The parser's own words are not repeated: they may quote a key. */
function parsed<T>(parse: () => T, folder: string, problem: string): T {
  try {
    return parse()
  } catch {
    throw unusable(folder, problem)
  }
}

function unusable(folder: string, problem: string, hint?: string): LadingError {
  return new LadingError('tls', `the certificates cannot be used: ${problem}`, {
    operation: 'read the certificates',
    side: 'local',
    subject: folder,
    hint: hint ?? 'mend the folder, or take the file away',
  })
}
