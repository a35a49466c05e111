import { createHash } from 'node:crypto'
import path from 'node:path'
import * as v from 'valibot'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { TransportContext } from '../transport.ts'
import { type DaemonAddress, localAddress, networkAddress } from './daemon-address.ts'
import { readCertificates, readNamedCertificates } from './daemon-certificates.ts'

const configSchema = v.looseObject({ currentContext: v.nullish(v.string()) })
const contextSchema = v.looseObject({
  Endpoints: v.looseObject({
    docker: v.optional(v.looseObject({ Host: v.nullish(v.string()), SkipTLSVerify: v.nullish(v.boolean()) })),
  }),
})

/**
 * The daemon of the context that `docker context use` chose, or DOCKER_CONTEXT; `undefined` where none is chosen.
 *
 * @throws LadingError `bad-argument` where the context is not there or is malformed
 */
export async function currentDockerContext(
  folder: string,
  { environment, certDir, tlsVerify }: Pick<TransportContext, 'certDir' | 'environment' | 'tlsVerify'>,
): Promise<DaemonAddress | undefined> {
  const config = await readDocument(path.join(folder, 'config.json'), configSchema)
  const name = environment.DOCKER_CONTEXT || config?.currentContext
  if (!name || name === 'default') return undefined
  // Docker's own layout: a context is kept under the digest of its name.
  const key = createHash('sha256').update(name).digest('hex')
  const context = await readDocument(path.join(folder, 'contexts/meta', key, 'meta.json'), contextSchema)
  const where = `the Docker context ${name}`
  if (context === undefined) {
    throw new LadingError('bad-argument', `${where} is not there`, {
      hint: 'choose one with `docker context use`, or set DOCKER_HOST',
    })
  }
  const { Host: host, SkipTLSVerify: skip } = context.Endpoints.docker ?? {}
  if (!host) return undefined
  const local = localAddress(host)
  if (local !== undefined) return local
  const certificates =
    certDir === undefined
      ? await readCertificates(path.join(folder, 'contexts/tls', key, 'docker'))
      : await readNamedCertificates(certDir)
  const secure = Object.keys(certificates).length > 0 || Boolean(skip)
  return networkAddress(host, secure ? { certificates, verify: !skip && tlsVerify !== false } : undefined, where)
}

async function readDocument<T extends v.GenericSchema>(file: string, schema: T): Promise<v.InferOutput<T> | undefined> {
  let text: string
  try {
    text = (await readSmallFile(file)).toString()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileError(error, { operation: 'read', subject: file })
  }
  try {
    return v.parse(schema, readJson(text))
  } catch (cause) {
    throw new LadingError('bad-argument', `${file} cannot be used: it is not what Docker writes there`, { cause })
  }
}
