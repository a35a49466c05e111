import type { ImageSignatureReport, VerifiedForm, VerifyResult } from '../../copy/index.ts'
import { printable } from '../printable.ts'

const forms: Readonly<Record<VerifiedForm, string>> = {
  bundle: 'a bundle',
  cosign: "cosign's signature",
  s3lo: "s3lo's signature",
}

export function verifyText({ reference, digest, verified, signatures, missing }: VerifyResult): string {
  const lines = [
    `${verified ? 'verified' : 'NOT verified'} ${reference}`,
    `  ${digest}`,
    ...signatures.flatMap(signatureLines),
    ...missing.map(key => `  missing: a valid signature by ${key}`),
  ]
  return `${lines.map(printable).join('\n')}\n`
}

function signatureLines(signature: ImageSignatureReport): string[] {
  const { form, valid, reason, bound, file } = signature
  const what = file === undefined ? forms[form] : `${forms[form]} ${file}`
  if (!valid) return [`  invalid: ${what}: ${reason}`]
  const line = `  valid: ${what} by ${whose(signature)}`
  return bound === false ? [line, '    it is of the digest alone: moved to another tag it would be valid, too'] : [line]
}

function whose({ key, identity }: ImageSignatureReport): string {
  return identity === undefined ? (key ?? 'a key') : `${identity.subjects.join(', ')} (${identity.issuer})`
}
