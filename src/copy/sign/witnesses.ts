import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import {
  openRekor,
  openTimestampAuthority,
  type RekorLog,
  type TimestampAuthority,
} from '../../trust/sigstore/index.ts'
import { publicRekor } from './named-signer.ts'
import type { SignOptions } from './sign-options.ts'

/** Who else says that and when something was signed. */
export interface Witnesses {
  readonly rekor?: RekorLog
  readonly timestamps?: TimestampAuthority
}

/**
 * A certificate is valid for minutes, and needs one: of sigstore's own that is its own log. What an own authority certifies is entered in
 * no log of sigstore's unless somebody says so: everybody can read that.
 *
 * @throws LadingError `bad-argument`
 */
export async function openWitnesses(
  { keys = [], keyless, rekorUrl, timestampUrl, attach }: SignOptions,
  http: () => Promise<HttpClient>,
): Promise<Witnesses> {
  const refuse = (message: string, hint: string) => new LadingError('bad-argument', message, { hint })
  if (keyless !== undefined && keys.length > 0) {
    throw refuse('a key and a certificate cannot sign together', 'sign twice')
  }
  const isPublic = keyless !== undefined && keyless.fulcioUrl === undefined
  const log = rekorUrl ?? (isPublic && timestampUrl === undefined ? publicRekor : undefined)
  if (attach === 's3lo' && (keyless ?? rekorUrl ?? timestampUrl) !== undefined) {
    throw refuse('a signature of s3lo has no certificate, log or timestamp', 'attach it as a referrer')
  }
  if (attach === 'tag' && timestampUrl !== undefined) {
    throw refuse('only a bundle has a timestamp', 'attach the signature as a referrer')
  }
  if (keyless !== undefined && log === undefined && timestampUrl === undefined) {
    throw refuse('nothing would say when the certificate was used', 'name a log or a timestamp authority of your own')
  }
  return {
    ...(log === undefined ? {} : { rekor: openRekor(await http(), log) }),
    ...(timestampUrl === undefined ? {} : { timestamps: openTimestampAuthority(await http(), timestampUrl) }),
  }
}
