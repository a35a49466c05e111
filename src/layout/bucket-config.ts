import { LadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { compileGlob, isGlob } from './glob.ts'
import { configKey } from './keys.ts'
import { readDocument } from './read-document.ts'

/** What the bucket's owner decided for an image. */
interface ImageSettings {
  /** A tag that exists is not moved without `--force`. */
  readonly immutable: boolean
}

/** The bucket's s3lo.yaml. What other tools keep in it is left alone. */
interface BucketConfig {
  /** Of all entries that match the image the most specific one counts, key by key over the default. */
  settingsOf(image: string): Promise<ImageSettings>
}

const maxConfigBytes = 1024 * 1024

interface Settings {
  readonly immutable?: boolean
}

/** @throws LadingError `bad-layout` that names the line, where the file is malformed */
export async function readBucketConfig(store: ObjectStore, signal?: AbortSignal): Promise<BucketConfig> {
  const document = await readDocument(store, configKey, maxConfigBytes, signal)
  const { byDefault, images } =
    document === undefined ? { byDefault: {}, images: new Map<string, Settings>() } : await parse(document.bytes)
  const names = [...images.keys()].sort(moreSpecific)
  return {
    async settingsOf(image) {
      for (const name of names) {
        if (name === image || (isGlob(name) && (await compileGlob(name))(image))) {
          return { immutable: false, ...byDefault, ...images.get(name) }
        }
      }
      return { immutable: false, ...byDefault }
    },
  }
}

/** Exact names before globs, longer before shorter. */
function moreSpecific(a: string, b: string): number {
  return Number(isGlob(a)) - Number(isGlob(b)) || b.length - a.length
}

async function parse(bytes: Uint8Array): Promise<{ byDefault: Settings; images: Map<string, Settings> }> {
  // Loaded here: most commands never read a configuration.
  const { isAlias, isMap, isScalar, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  // 1.1 for its `yes` and `on`: the parsers of Go take them for true, and s3lo reads this file too.
  const document = parseDocument(new TextDecoder().decode(bytes), { lineCounter: lines, version: '1.1' })
  const problem = document.errors[0]
  if (problem !== undefined) throw malformed(lines.linePos(problem.pos[0]).line, problem.message.split('\n')[0] ?? '')

  const lineOf = (node: unknown): number => {
    const at = node instanceof Object && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0
    return lines.linePos(at).line
  }
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  // As it stands there: an image named 1.0 is no number.
  const nameOf = (key: unknown): string => (isScalar(key) ? (key.source ?? String(key.value)) : String(key))
  const entriesOf = (node: unknown, what: string): [string, unknown][] => {
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return []
    if (!isMap(node)) throw malformed(lineOf(node), `${what} is not a mapping`)
    return node.items.map(({ key, value }) => {
      const name = nameOf(key)
      // Passing over what it takes in could leave a tag unprotected.
      if (name === '<<') throw malformed(lineOf(key), `"<<" in ${what} is not read: write out what it takes in`)
      return [name, resolved(value)]
    })
  }
  const settingsIn = (node: unknown, what: string): Settings => {
    const immutable = entriesOf(node, what).find(([key]) => key === 'immutable')?.[1]
    if (immutable === undefined) return {}
    const value = isScalar(immutable) ? immutable.value : undefined
    if (typeof value !== 'boolean') throw malformed(lineOf(immutable), `immutable of ${what} is neither true nor false`)
    return { immutable: value }
  }

  const top = new Map(entriesOf(document.contents, 'the document'))
  const images = entriesOf(top.get('images'), 'images')
  return {
    byDefault: settingsIn(top.get('default'), 'default'),
    images: new Map(images.map(([name, node]) => [name, settingsIn(node, JSON.stringify(name))])),
  }
}

function malformed(line: number, why: string): LadingError {
  return new LadingError('bad-layout', `line ${line} of the bucket's configuration cannot be used: ${why}`, {
    operation: 'read configuration',
    subject: configKey,
    hint: `correct ${configKey} in the bucket's root`,
  })
}
