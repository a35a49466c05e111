import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { servicePath } from './peer.ts'

export interface Certificate {
  /** PEM. Signed by itself, so it is also the authority that a client is told to trust. */
  readonly certificateFile: string
  readonly keyFile: string
}

const request = `[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
basicConstraints = critical, CA:true
subjectAltName = DNS:localhost, DNS:*.localhost, IP:127.0.0.1
`

/** Makes a certificate for localhost in `folder`. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const file = (extension: string) => path.join(folder, `${name}.${extension}`)
  await writeFile(file('cnf'), request)
  const args = [
    'req',
    '-x509',
    '-config',
    file('cnf'),
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
  ]
  await promisify(execFile)(servicePath('openssl'), [...args, '-keyout', file('key'), '-out', file('pem')])
  return { certificateFile: file('pem'), keyFile: file('key') }
}
