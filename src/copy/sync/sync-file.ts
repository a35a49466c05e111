import * as v from 'valibot'
import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import { compileTagPattern } from './tag-pattern.ts'
import { compileVersionConstraint } from './version-constraint.ts'

/** A registry of a file as skopeo-sync(1) describes it. */
export interface SyncRegistry {
  readonly registry: string
  /** What is wanted of each repository. One may be named in several ways. */
  readonly repositories: readonly SyncRepository[]
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly tlsVerify?: boolean
  readonly certDir?: string
}

export interface SyncRepository {
  readonly repository: string
  /** Tags and digests, or those of the repository's tags for which it is true. */
  readonly wanted: readonly string[] | ((tag: string) => boolean)
}

// Every scalar is a string here: a tag 1.0 is no number.
const mapping = v.custom<Record<string, unknown>>(isMapping, 'should be a mapping')
const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  y: true,
  false: false,
  no: false,
  off: false,
  n: false,
}
const registrySchema = v.pipe(
  mapping,
  v.looseObject({
    images: v.optional(v.pipe(mapping, v.record(v.string(), v.array(v.string())))),
    'images-by-tag-regex': v.optional(v.pipe(mapping, v.record(v.string(), v.string()))),
    'images-by-semver': v.optional(v.pipe(mapping, v.record(v.string(), v.string()))),
    credentials: v.optional(
      v.pipe(mapping, v.object({ username: v.optional(v.string(), ''), password: v.optional(v.string(), '') })),
    ),
    'tls-verify': v.optional(
      v.pipe(
        v.string(),
        v.check(text => Object.hasOwn(booleans, text.toLowerCase()), 'is not true or false'),
        v.transform(text => booleans[text.toLowerCase()] ?? true),
      ),
    ),
    'cert-dir': v.optional(v.string()),
  }),
)
const known = ['images', 'images-by-tag-regex', 'images-by-semver', 'credentials', 'tls-verify', 'cert-dir']

/** @throws LadingError `bad-argument` that says where in the file, `io` */
export async function readSyncFile(path: string, warn: (message: string) => void): Promise<readonly SyncRegistry[]> {
  let text: string
  try {
    text = (await readSmallFile(path)).toString()
  } catch (error) {
    throw fromFileError(error, { operation: 'read the list of images', subject: path, side: 'local' })
  }
  return parseSyncFile(text, path, warn)
}

export async function parseSyncFile(
  text: string,
  name: string,
  warn: (message: string) => void,
): Promise<readonly SyncRegistry[]> {
  const { LineCounter, parseDocument } = await import('yaml')
  const fail = (what: string, hint?: string) =>
    new LadingError('bad-argument', what, {
      operation: 'read the list of images',
      subject: name,
      side: 'local',
      hint: hint ?? 'skopeo-sync(1) describes the file: registries, and below them images',
    })
  let value: unknown
  try {
    const lineCounter = new LineCounter()
    // Pretty, each error would look for its line anew, and there may be one for each character.
    const document = parseDocument(text, { schema: 'failsafe', merge: true, prettyErrors: false, lineCounter })
    const [problem] = document.errors
    if (problem !== undefined) {
      const { line, col } = lineCounter.linePos(problem.pos[0])
      throw new Error(`${problem.message} at line ${line}, column ${col}`)
    }
    value = document.toJS()
  } catch (error) {
    // an alias of nothing, or too many of them; something else than mappings behind "<<"; too deep a nesting
    throw fail(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read')
  }
  if (!isMapping(value)) throw fail('it is not a list of registries')

  return Object.entries(value).map(([registry, settings]) => {
    const parsed = v.safeParse(registrySchema, withoutNulls(isNull(settings) ? {} : settings), { abortEarly: true })
    if (!parsed.success) throw fail(`${registry}: ${complaintOf(parsed.issues[0])}`)
    const { output } = parsed
    for (const key of Object.keys(output).filter(key => !known.includes(key)))
      warn(`${name}: ${registry} has ${JSON.stringify(key)}, which means nothing: known are ${known.join(', ')}`)
    const compiled = (key: 'images-by-tag-regex' | 'images-by-semver', compile: typeof compileTagPattern) =>
      Object.entries(output[key] ?? {}).map(([repository, expression]) => {
        try {
          return { repository, wanted: compile(expression) }
        } catch (error) {
          if (!(error instanceof LadingError)) throw error
          throw fail(`${registry}: ${key}: ${repository}: ${error.message}`, error.hint)
        }
      })
    const repositories: SyncRepository[] = [
      ...Object.entries(output.images ?? {}).map(([repository, tags]) => ({
        repository,
        wanted: tags.length === 0 ? () => true : tags,
      })),
      ...compiled('images-by-tag-regex', compileTagPattern),
      ...compiled('images-by-semver', compileVersionConstraint),
    ]
    if (repositories.length === 0) warn(`${name}: ${registry} names no images`)
    const { credentials, 'tls-verify': tlsVerify, 'cert-dir': certDir } = output
    return {
      registry,
      repositories,
      ...(credentials === undefined ? {} : { credentials }),
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      ...(certDir ? { certDir } : {}),
    }
  })
}

/** The value itself is not repeated: it may be a password. */
function complaintOf(issue: v.BaseIssue<unknown>): string {
  const where = v.getDotPath(issue)
  const what = /^(?:is|should be) /.test(issue.message) ? issue.message : `should be ${kindOf(issue)}`
  return where === null ? what : `${where} ${what}`
}

function kindOf({ expected }: v.BaseIssue<unknown>): string {
  return expected?.includes('Array') ? 'a list' : 'text'
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** YAML's null, among scalars that are all text. */
function isNull(value: unknown): boolean {
  return typeof value === 'string' && /^(?:|~|null)$/i.test(value)
}

/** A key without a value is a key that is not there; a repository without a value is one of which all is wanted. */
function withoutNulls(settings: unknown): unknown {
  if (!isMapping(settings)) return settings
  const { images, ...rest } = Object.fromEntries(Object.entries(settings).filter(([, value]) => !isNull(value)))
  if (!isMapping(images)) return images === undefined ? rest : { images, ...rest }
  const wanted = Object.entries(images).map(([name, tags]) => [name, isNull(tags) ? [] : tags])
  return { images: Object.fromEntries(wanted), ...rest }
}
