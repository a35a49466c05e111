import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { servicePath } from './peer.ts'

/** A certificate in PEM that signs itself. */
export interface OddCertificate {
  readonly cert: string
  readonly key: string
}

/** Makes a certificate that holds for `name`, and for so many days from now: a negative number is one that has expired. */
export async function makeOddCertificate(folder: string, name: string, days: number): Promise<OddCertificate> {
  const file = (extension: string) => path.join(folder, `odd.${extension}`)
  const openssl = (...args: string[]) => promisify(execFile)(servicePath('openssl'), args)
  await writeFile(file('ext'), `basicConstraints = critical, CA:true\nsubjectAltName = ${name}\n`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')]
  await openssl('req', ...key, '-subj', '/CN=odd', '-out', file('csr'))
  const sign = [
    'x509',
    '-req',
    '-in',
    file('csr'),
    '-signkey',
    file('key'),
    '-extfile',
    file('ext'),
    '-out',
    file('pem'),
  ]
  // OpenSSL takes negative days up to 3.3, and dates from 3.4 on.
  const past = ['-not_before', '20200101000000Z', '-not_after', '20200102000000Z']
  await openssl(...sign, '-days', `${days}`).catch(() => openssl(...sign, ...past))
  const [cert, keyText] = await Promise.all([readFile(file('pem'), 'utf8'), readFile(file('key'), 'utf8')])
  return { cert, key: keyText }
}
