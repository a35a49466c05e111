import { LadingError } from '../../errors/index.ts'

/** What follows the prefix of `oci:` and `oci-archive:`, in containers-transports(5): `path[:{name|@index}]`. */
export interface LayoutLocator {
  readonly path: string
  /** The `org.opencontainers.image.ref.name` in index.json. */
  readonly name?: string
  /** The position in index.json's manifests, from 0. */
  readonly index?: number
}

// OCI image specification, annotations.md, the grammar of ref.name, and "_" besides: real layouts have names like _cosign:sha256-….sig.
const component = '[A-Za-z0-9_]+(?:(?:[-.:@+]|--)[A-Za-z0-9_]+)*'
const nameGrammar = new RegExp(`^${component}(?:/${component})*$`)

/**
 * Reads a locator after `prefix`. The path ends at the first colon (on Windows, at the first that does not follow a drive letter).
 *
 * @throws LadingError `bad-reference`
 */
export function parseLayoutLocator(text: string, prefix: string, platform: NodeJS.Platform): LayoutLocator {
  const fail = (why: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not a reference to an OCI layout: ${why}`, {
      hint: `write ${prefix}PATH, ${prefix}PATH:NAME or ${prefix}PATH:@INDEX`,
    })
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const drive = platform === 'win32' && /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0
  const colon = rest.indexOf(':', drive)
  const path = colon === -1 ? rest : rest.slice(0, colon)
  const after = colon === -1 ? '' : rest.slice(colon + 1)
  if (path === '') throw fail('it has no path')
  if (path.includes('\0') || after.includes('\0')) throw fail('it holds a NUL character')
  if (after === '') return { path }
  if (after.startsWith('@')) {
    if (!/^@(?:0|[1-9]\d{0,8})$/.test(after))
      throw fail(`${JSON.stringify(after)} is not @ and a position in index.json, from 0`)
    return { path, index: Number(after.slice(1)) }
  }
  if (!nameGrammar.test(after)) throw fail(`${JSON.stringify(after)} is not a reference name`)
  return { path, name: after }
}

export function formatLayoutLocator({ path, name, index }: LayoutLocator, prefix: string): string {
  return `${prefix}${path}${name !== undefined ? `:${name}` : index !== undefined ? `:@${index}` : ''}`
}

/** @throws LadingError `bad-argument` for a position: it is given by the layout, not by who writes */
export function refuseIndex(locator: LayoutLocator, prefix: string): void {
  if (locator.index === undefined) return
  throw new LadingError('bad-argument', 'a position in index.json can be read, not written', {
    subject: formatLayoutLocator(locator, prefix),
    hint: `give the image a name: ${prefix}${locator.path}:NAME`,
  })
}
