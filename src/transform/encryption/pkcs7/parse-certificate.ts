import { X509Certificate } from 'node:crypto'

/** Reads a certificate in PEM or DER; `undefined` where it is something else. */
export function parseCertificate(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes)
  } catch {
    return undefined
  }
}
