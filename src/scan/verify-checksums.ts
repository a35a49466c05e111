import { LadingError } from '../errors/index.ts'
import { redactUrl } from '../http/redact.ts'
import { readJson } from '../model/read-json.ts'
import type { TrustedRoot } from '../trust/sigstore/index.ts'
import { loadSigstore } from './load-sigstore.ts'
import type { TrivyRelease } from './trivy-release.ts'

const issuer = 'https://token.actions.githubusercontent.com'
/** The workflow that builds Trivy's releases, started by the tag of the version and by nothing else. */
const signerOf = (version: string) =>
  `https://github.com/aquasecurity/trivy/.github/workflows/reusable-release.yaml@refs/tags/v${version}`

/**
 * The digest that a release's own list gives its archive.
 *
 * The list is believed only where Trivy's release workflow signed these very bytes for this version: the certificate comes from Sigstore's authority and is
 * in its log, the signature was entered into the transparency log, and the certificate was valid then.
 *
 * @param bundle the signature, as Sigstore writes it
 * @returns SHA-256 in hexadecimal
 * @throws LadingError `untrusted` where any of that is not so, or the list does not name the archive
 */
export async function verifyChecksums(
  { version, archive, checksumsUrl }: TrivyRelease,
  checksums: Uint8Array,
  bundle: Uint8Array,
  trusted: TrustedRoot,
): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new LadingError('untrusted', why, {
      operation: 'check the signature',
      subject: redactUrl(checksumsUrl),
      cause,
      hint: 'nothing was installed; a mirror may be wrong, or somebody is in between',
    })
  const [{ bundleFromJSON }, { toSignedEntity, Verifier }] = await loadSigstore(() =>
    Promise.all([import('@sigstore/bundle'), import('@sigstore/verify')]),
  )
  const signer = signerOf(version)
  try {
    const signed = bundleFromJSON(readJson(bundle))
    // a key of whoever wrote the bundle would say nothing
    if (signed.content.$case !== 'messageSignature') throw new Error('the bundle signs another kind of content')
    const entity = toSignedEntity(signed, Buffer.from(checksums))
    const { identity } = new Verifier({ ...trusted, publicKey: noKey }).verify(entity, { extensions: { issuer } })
    // compared here, since the verifier would take it for a pattern
    if (identity?.subjectAlternativeName !== signer) {
      throw new Error(`it was signed by ${identity?.subjectAlternativeName ?? 'a key'}, not by ${signer}`)
    }
  } catch (cause) {
    throw refuse(`the checksums of Trivy ${version} are not signed by its release workflow: ${wordsOf(cause)}`, cause)
  }
  const line = /^([0-9a-f]{64}) [ *](\S+)$/
  const named = Buffer.from(checksums)
    .toString('utf8')
    .split('\n')
    .flatMap(text => {
      const [, sha256, name] = line.exec(text.trimEnd()) ?? []
      return sha256 !== undefined && name === archive ? [sha256] : []
    })
  const [sha256, second] = named
  if (sha256 === undefined || second !== undefined) throw refuse(`the checksums do not name ${archive} once`)
  return sha256
}

/** Certificates alone are trusted. */
function noKey(): never {
  throw new Error('it is signed by a key')
}

/** The libraries say what is wrong, and in the cause of that why. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
