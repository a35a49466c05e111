import { LadingError } from '../../errors/index.ts'
import type { Reference } from '../transport.ts'

/** An image in an OCI image layout directory: containers-transports(5), `oci:`. */
export interface OciLayoutReference extends Reference {
  readonly transport: 'oci-layout'
  readonly path: string
  /** The `org.opencontainers.image.ref.name` in index.json. */
  readonly name?: string
  /** The position in index.json's manifests, from 0. */
  readonly index?: number
}

const prefix = 'oci:'
// OCI image specification, annotations.md, the grammar of ref.name, and "_" besides: real layouts have names like _cosign:sha256-….sig.
const component = '[A-Za-z0-9_]+(?:(?:[-.:@+]|--)[A-Za-z0-9_]+)*'
const nameGrammar = new RegExp(`^${component}(?:/${component})*$`)

/**
 * Reads `oci:path[:{name|@index}]`. The path ends at the first colon (on Windows, at the first that does not follow a drive letter).
 *
 * @throws LadingError `bad-reference`
 */
export function parseOciLayoutReference(
  text: string,
  platform: NodeJS.Platform = process.platform,
): OciLayoutReference {
  const fail = (why: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not an OCI layout reference: ${why}`, {
      hint: 'write oci:PATH, oci:PATH:NAME or oci:PATH:@INDEX',
    })
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const drive = platform === 'win32' && /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0
  const colon = rest.indexOf(':', drive)
  const path = colon === -1 ? rest : rest.slice(0, colon)
  const after = colon === -1 ? '' : rest.slice(colon + 1)
  if (path === '') throw fail('it has no path')
  if (path.includes('\0') || after.includes('\0')) throw fail('it holds a NUL character')
  if (after === '') return { transport: 'oci-layout', path }
  if (after.startsWith('@')) {
    if (!/^@(?:0|[1-9]\d{0,8})$/.test(after))
      throw fail(`${JSON.stringify(after)} is not @ and a position in index.json, from 0`)
    return { transport: 'oci-layout', path, index: Number(after.slice(1)) }
  }
  if (!nameGrammar.test(after)) throw fail(`${JSON.stringify(after)} is not a reference name`)
  return { transport: 'oci-layout', path, name: after }
}

export function formatOciLayoutReference(reference: OciLayoutReference): string {
  const { path, name, index } = reference
  return `${prefix}${path}${name !== undefined ? `:${name}` : index !== undefined ? `:@${index}` : ''}`
}
