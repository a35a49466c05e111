import type { TransparencyLogEntry } from '@sigstore/bundle'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import { parsePem } from './pem.ts'

const base64 = v.pipe(v.string(), v.base64())
const pem = v.pipe(
  base64,
  v.transform(text => parsePem(Buffer.from(text, 'base64').toString())),
  v.length(1),
  v.transform(([block]) => block?.bytes ?? Buffer.alloc(0)),
)
const raw = v.pipe(
  v.object({ rawBytes: base64 }),
  v.transform(({ rawBytes }) => Buffer.from(rawBytes, 'base64')),
)
const rawVerifier = v.pipe(
  v.union([v.object({ x509Certificate: raw }), v.object({ publicKey: raw })]),
  v.transform(verifier => ('publicKey' in verifier ? verifier.publicKey : verifier.x509Certificate)),
)
const only = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.length(1))
const entry = <K extends string, V extends string, S extends v.GenericSchema>(kind: K, apiVersion: V, spec: S) =>
  v.object({ kind: v.literal(kind), apiVersion: v.literal(apiVersion), spec })

/** Where each kind of entry names the key or certificate that its log has verified the signature with. */
const verifierOf = v.union([
  v.pipe(
    entry('dsse', '0.0.1', v.object({ signatures: only(v.object({ verifier: pem })) })),
    v.transform(({ spec }) => spec.signatures[0]?.verifier),
  ),
  v.pipe(
    entry(
      'intoto',
      '0.0.2',
      v.object({ content: v.object({ envelope: v.object({ signatures: only(v.object({ publicKey: pem })) }) }) }),
    ),
    v.transform(({ spec }) => spec.content.envelope.signatures[0]?.publicKey),
  ),
  v.pipe(
    entry('hashedrekord', '0.0.1', v.object({ signature: v.object({ publicKey: v.object({ content: pem }) }) })),
    v.transform(({ spec }) => spec.signature.publicKey.content),
  ),
  v.pipe(
    entry('dsse', '0.0.2', v.object({ dsseV002: v.object({ signatures: only(v.object({ verifier: rawVerifier })) }) })),
    v.transform(({ spec }) => spec.dsseV002.signatures[0]?.verifier),
  ),
  v.pipe(
    entry(
      'hashedrekord',
      '0.0.2',
      v.object({ hashedRekordV002: v.object({ signature: v.object({ verifier: rawVerifier }) }) }),
    ),
    v.transform(({ spec }) => spec.hashedRekordV002.signature.verifier),
  ),
])

/**
 * Checks that the entries are of the key or certificate that has made the signature: the digest and the signature alone could have been
 * entered by somebody who made a key of his own to fit them.
 *
 * @param verifier DER
 * @throws LadingError `untrusted`
 */
export function requireSameVerifier(entries: readonly TransparencyLogEntry[], verifier: Uint8Array): void {
  for (const { canonicalizedBody } of entries) {
    let found: Buffer | undefined
    try {
      found = v.parse(verifierOf, readJson(canonicalizedBody))
    } catch (cause) {
      throw new LadingError('untrusted', 'the entry in the log is of a kind that is not known', { cause })
    }
    if (found === undefined || !found.equals(verifier)) {
      throw new LadingError('untrusted', 'the entry in the log is of another key or certificate')
    }
  }
}
