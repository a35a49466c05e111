import * as v from 'valibot'
import { fromFileError, LadingError, systemCode } from '../errors/index.ts'
import { readJson } from '../model/read-json.ts'
import { readSmallFile } from '../streams/index.ts'
import { type Credential, identityTokenUser } from './credential.ts'
import { namespaceKeys, registryOfKey } from './registry-key.ts'

const text = v.nullish(v.string())
const entrySchema = v.looseObject({
  auth: text,
  username: text,
  password: text,
  identitytoken: text,
  registrytoken: text,
})
const fileSchema = v.looseObject({
  auths: v.nullish(v.record(v.string(), v.nullish(entrySchema))),
  credHelpers: v.nullish(v.record(v.string(), v.string())),
  credsStore: text,
})

type Entry = v.InferOutput<typeof entrySchema>

/** An authentication file of the containers tools or of docker: containers-auth.json(5), and docker's config.json. */
export interface AuthFile {
  readonly path: string
  readonly auths: ReadonlyMap<string, Entry>
  /** Registry, canonical, to the helper that keeps its credentials. */
  readonly credHelpers: ReadonlyMap<string, string>
  /** The helper of every registry that has none of its own. */
  readonly credsStore: string | undefined
}

/** Reads a file as it is, `undefined` where there is none. @throws LadingError `bad-auth-file`, `io` */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  try {
    return parseAuthFile((await readSmallFile(path)).toString(), path)
  } catch (error) {
    const system = systemCode(error)
    // ENOTDIR: a part of the path is a file, so there is none below it. EACCES: another user's runtime directory, not ours to read.
    if (system === 'ENOENT' || system === 'ENOTDIR' || system === 'EACCES') return undefined
    throw fromFileError(error, { operation: 'read the authentication file', side: 'local', subject: path })
  }
}

/** @throws LadingError `bad-auth-file` that names the file and never repeats what is in it */
export function parseAuthFile(content: string, path: string): AuthFile {
  const value = parseAuthJson(content, path)
  const result = v.safeParse(fileSchema, value, { abortEarly: true })
  if (!result.success) throw badAuthFile(path, `${v.getDotPath(result.issues[0]) ?? 'the document'} has the wrong type`)
  const { auths, credHelpers, credsStore } = result.output
  return {
    path,
    auths: new Map(Object.entries(auths ?? {}).map(([key, entry]) => [key, entry ?? {}])),
    credHelpers: new Map(Object.entries(credHelpers ?? {}).map(([key, name]) => [registryOfKey(key) ?? key, name])),
    credsStore: credsStore || undefined,
  }
}

/** The JSON object in an authentication file: a byte order mark, CRLF and an empty file are accepted. */
export function parseAuthJson(content: string, path: string): Record<string, unknown> {
  const json = content.replace(/^\uFEFF/, '').trim()
  if (json === '') return {}
  let value: unknown
  try {
    value = readJson(json)
  } catch {
    // The parser's own message quotes the file, and so perhaps a password.
    throw badAuthFile(path, 'it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badAuthFile(path, 'it is not a JSON object')
  return value as Record<string, unknown> // what is not null, array or scalar in JSON
}

/** The credential that a file itself holds for a repository: the most specific namespace, else a key written as a URL. */
export function credentialInFile(
  file: AuthFile,
  registry: string,
  repository: string | undefined,
): Credential | undefined {
  const keys = namespaceKeys(registry, repository)
  const host = keys[keys.length - 1]
  const asUrl = [...file.auths.keys()].filter(key => registryOfKey(key) === host)
  for (const key of [...keys, ...asUrl]) {
    const entry = file.auths.get(key)
    const credential = entry === undefined ? undefined : decodeEntry(entry, key, file.path)
    if (credential !== undefined) return credential
  }
  return undefined
}

/** An empty entry is what docker leaves where a helper keeps the secret. */
function decodeEntry(entry: Entry, key: string, path: string): Credential | undefined {
  if (entry.registrytoken) return { kind: 'registry-token', token: entry.registrytoken }
  const { username, password } = entry.auth ? decodeAuth(entry.auth, key, path) : entry
  if (entry.identitytoken) {
    return { kind: 'identity-token', username: username || identityTokenUser, token: entry.identitytoken }
  }
  return username && password ? { kind: 'password', username, password } : undefined
}

function decodeAuth(auth: string, key: string, path: string): { username: string; password: string } {
  const decoded = Buffer.from(auth.trim(), 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon === -1) throw badAuthFile(path, `the "auth" of ${JSON.stringify(key)} is not USER:PASSWORD in base64`)
  // Old versions of docker padded the password with NUL.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') }
}

function badAuthFile(path: string, why: string): LadingError {
  return new LadingError('bad-auth-file', `the authentication file cannot be used: ${why}`, {
    operation: 'read',
    side: 'local',
    subject: path,
    hint: `mend or remove ${path}, then log in again with \`lading login\``,
  })
}
