import { LadingError } from '../errors/index.ts'

/** Names of objects below a tag. A tag or a deeper part of an image of that name would be a file and a folder at once. */
const reserved = ['manifest.json', 'history.json', 'oci-layout', 'signatures']

/** Leaves room for a tag, the names below it and a bucket's own prefix in the 1024 bytes of a key. */
const maxImageBytes = 700
/** Of a name in a directory, in every common file system. */
const maxComponentBytes = 255

/** OCI distribution specification, "Pulling manifests". */
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/**
 * Refuses an image name that could not become a part of a key, or that would be another key to somebody who decodes it.
 *
 * @throws LadingError `bad-reference`
 */
export function validateImageName(name: string): void {
  if (name === '') throw badImage(name, 'it is empty')
  if (!name.isWellFormed()) throw badImage(name, 'it is not valid Unicode')
  if (Buffer.byteLength(name) > maxImageBytes) throw badImage(name, `it is longer than ${maxImageBytes} bytes`)
  const components = name.split('/')
  for (const [i, component] of components.entries()) {
    const flaw = (text: string) => flawOf(text, i === 0)
    const why = flaw(component) ?? flawOfDecoded(component, flaw)
    if (why !== undefined) throw badImage(name, why)
  }
  if (components.at(-1)?.includes(':')) throw badImage(name, 'its last component has a ":", which begins a tag')
}

/**
 * Refuses a path of which nobody can say yet where the bucket ends and the image begins, where a component leads elsewhere, as it
 * stands or decoded. What is more to say of the image's name is said when the two are known.
 *
 * @throws LadingError `bad-reference`
 */
export function validateUnsplitPath(path: string): void {
  for (const component of path.split('/')) {
    const why = unsafePart(component) ?? flawOfDecoded(component, unsafePart)
    if (why !== undefined) throw badImage(path, why)
  }
}

/** @throws LadingError `bad-reference` where `tag` is not an OCI tag, or not one that the layout can hold */
export function validateTag(tag: string): void {
  if (!tagGrammar.test(tag)) {
    throw new LadingError('bad-reference', `${shown(tag)} is not a tag`, {
      hint: 'a tag begins with a letter, a digit or "_", and has up to 128 of these and of "." and "-"',
    })
  }
  if (reserved.includes(tag)) {
    throw new LadingError(
      'bad-reference',
      `${shown(tag)} cannot be a tag in a bucket: it is the name of a file there`,
      {
        hint: 'choose another tag',
      },
    )
  }
}

/** A tag cannot hold a percent sign, an image name can: `a%2e%2e` is as good as `a..` to whatever decodes it. */
function flawOfDecoded(component: string, flaw: (text: string) => string | undefined): string | undefined {
  for (let text = component; ; ) {
    const decoded = decodeOnce(text)
    if (decoded === undefined) return `${shown(component)} has percent-encoding that is not UTF-8`
    if (decoded === text) return undefined
    const why = decoded.includes('/') ? 'has a slash' : flaw(decoded)
    if (why !== undefined)
      return `${shown(component)} is percent-encoded, and decoded it ${why.replace(/^"[^"]*" /, '')}`
    text = decoded
  }
}

function decodeOnce(text: string): string | undefined {
  try {
    // A percent sign without two hexadecimal digits is only a percent sign.
    return text.replace(/(?:%[0-9a-f]{2})+/gi, encoded => decodeURIComponent(encoded))
  } catch {
    return undefined
  }
}

/** What would lead out of a directory, or hide where it leads. */
function unsafePart(component: string): string | undefined {
  if (component === '') return 'it has an empty component'
  const name = shown(component)
  if (component === '.' || component === '..') return `${name} is a way through directories`
  if (component.includes('\\')) return `${name} has a backslash`
  if (/\p{Cc}/u.test(component)) return `${name} has a control character`
  return undefined
}

function flawOf(component: string, first: boolean): string | undefined {
  const unsafe = unsafePart(component)
  if (unsafe !== undefined) return unsafe
  const name = shown(component)
  if (Buffer.byteLength(component) > maxComponentBytes) return `${name} is longer than ${maxComponentBytes} bytes`
  if (/\s/u.test(component)) return `${name} has white space`
  const special = /[*?@]/.exec(component)
  if (special !== null) return `${name} has a "${special[0]}"`
  if (!first && reserved.includes(component)) return `${name} is the name of a file below a tag`
  return undefined
}

function badImage(name: string, why: string): LadingError {
  return new LadingError('bad-reference', `${shown(name)} cannot name an image in a bucket: ${why}`, {
    hint: 'an image name is made of components with "/" between them, like team/app',
  })
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
