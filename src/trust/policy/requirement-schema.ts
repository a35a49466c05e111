import * as v from 'valibot'
import { isExactName, parseDockerName } from './docker-name.ts'
import type { Content, IdentityRule, Requirement } from './policy.ts'

const text = v.pipe(v.string(), v.nonEmpty('it is empty'))

/** As Go reads it: with its padding, and line breaks anywhere. */
const base64 = v.pipe(
  v.string(),
  v.transform(value => value.replaceAll(/[\r\n]/g, '')),
  // what Node passes over is not there when it is written again
  v.check(value => Buffer.from(value, 'base64').toString('base64') === value, 'it is not base64'),
  v.transform((value): Uint8Array => Buffer.from(value, 'base64')),
)

/** A host, or the beginning of a name behind one. The grammar of the distribution project. */
const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const prefix = v.pipe(
  v.string(),
  v.regex(
    new RegExp(`^${hostLabel}(?:\\.${hostLabel})*(?::[0-9]+)?(?:/${pathPart})*$`),
    'it is neither a host nor the beginning of a repository',
  ),
)

const dockerReference = v.pipe(
  v.string(),
  v.check(value => nameOf(value) !== undefined, 'it is not the name of an image'),
  v.check(value => isExactName(nameOf(value) ?? { name: '' }), 'it has neither a tag nor a digest'),
)
const dockerRepository = v.pipe(
  v.string(),
  v.check(value => nameOf(value) !== undefined, 'it is not the name of a repository'),
)

function nameOf(value: string) {
  try {
    return parseDockerName(value)
  } catch {
    return undefined
  }
}

const identityRule: v.GenericSchema<unknown, IdentityRule> = v.variant('type', [
  v.strictObject({ type: v.picklist(['matchExact', 'matchRepoDigestOrExact', 'matchRepository']) }),
  v.strictObject({ type: v.literal('exactReference'), dockerReference }),
  v.strictObject({ type: v.literal('exactRepository'), dockerRepository }),
  v.strictObject({ type: v.literal('remapIdentity'), prefix, signedPrefix: prefix }),
])
const signedIdentity = v.optional(identityRule, { type: 'matchRepoDigestOrExact' })

const paths = v.array(v.string())
const somePaths = v.pipe(paths, v.nonEmpty('it is an empty list'))
const someData = v.pipe(v.array(base64), v.nonEmpty('it is an empty list'))

const signedBy = v.pipe(
  v.strictObject({
    type: v.literal('signedBy'),
    keyType: v.picklist(['GPGKeys', 'signedByGPGKeys', 'X509Certificates', 'signedByX509CAs']),
    keyPath: v.optional(text),
    keyPaths: v.optional(paths),
    keyData: v.optional(base64),
    signedIdentity,
  }),
  v.check(
    ({ keyPath, keyPaths, keyData }) => given(keyPath, keyPaths, keyData) === 1,
    'exactly one of keyPath, keyPaths and keyData has to be there',
  ),
  v.transform(({ type, keyType, keyPath, keyPaths, keyData, signedIdentity: identity }) => ({
    type,
    keyType,
    keys: contents({ path: keyPath, paths: keyPaths, data: keyData }) ?? [],
    identity,
  })),
)

const fulcio = v.pipe(
  v.strictObject({
    caPath: v.optional(text),
    caData: v.optional(base64),
    oidcIssuer: text,
    subjectEmail: text,
  }),
  v.check(({ caPath, caData }) => given(caPath, caData) === 1, 'exactly one of caPath and caData has to be there'),
  v.transform(({ caPath, caData, oidcIssuer, subjectEmail }) => ({
    ca: content(caPath, caData),
    oidcIssuer,
    subjectEmail,
  })),
)

const pki = v.pipe(
  v.strictObject({
    caRootsPath: v.optional(text),
    caRootsData: v.optional(base64),
    caIntermediatesPath: v.optional(text),
    caIntermediatesData: v.optional(base64),
    subjectEmail: v.optional(text),
    subjectHostname: v.optional(text),
  }),
  v.check(
    ({ caRootsPath, caRootsData }) => given(caRootsPath, caRootsData) === 1,
    'exactly one of caRootsPath and caRootsData has to be there',
  ),
  v.check(
    ({ caIntermediatesPath, caIntermediatesData }) => given(caIntermediatesPath, caIntermediatesData) <= 1,
    'caIntermediatesPath and caIntermediatesData cannot both be there',
  ),
  v.check(
    ({ subjectEmail, subjectHostname }) => given(subjectEmail, subjectHostname) > 0,
    'subjectEmail or subjectHostname has to be there',
  ),
  v.transform(
    ({ caRootsPath, caRootsData, caIntermediatesPath, caIntermediatesData, subjectEmail, subjectHostname }) => ({
      roots: content(caRootsPath, caRootsData),
      ...(given(caIntermediatesPath, caIntermediatesData) === 0
        ? {}
        : { intermediates: content(caIntermediatesPath, caIntermediatesData) }),
      ...(subjectEmail === undefined ? {} : { subjectEmail }),
      ...(subjectHostname === undefined ? {} : { subjectHostname }),
    }),
  ),
)

const sigstoreSigned = v.pipe(
  v.strictObject({
    type: v.literal('sigstoreSigned'),
    keyPath: v.optional(text),
    keyPaths: v.optional(somePaths),
    keyData: v.optional(base64),
    keyDatas: v.optional(someData),
    fulcio: v.optional(fulcio),
    pki: v.optional(pki),
    rekorPublicKeyPath: v.optional(text),
    rekorPublicKeyPaths: v.optional(somePaths),
    rekorPublicKeyData: v.optional(base64),
    rekorPublicKeyDatas: v.optional(someData),
    signedIdentity,
  }),
  v.check(
    one => given(one.keyPath, one.keyPaths, one.keyData, one.keyDatas, one.fulcio, one.pki) === 1,
    'exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio and pki has to be there',
  ),
  v.check(one => rekorSources(one) <= 1, 'at most one of the rekorPublicKey fields can be there'),
  v.check(
    one => one.fulcio === undefined || rekorSources(one) === 1,
    'fulcio needs one of rekorPublicKeyPath, rekorPublicKeyPaths, rekorPublicKeyData and rekorPublicKeyDatas',
  ),
  v.check(one => one.pki === undefined || rekorSources(one) === 0, 'pki and a rekorPublicKey cannot both be there'),
  v.transform(one => {
    const { type, signedIdentity: identity } = one
    const keys = contents({ path: one.keyPath, paths: one.keyPaths, data: one.keyData, datas: one.keyDatas })
    const rekorKeys = contents({
      path: one.rekorPublicKeyPath,
      paths: one.rekorPublicKeyPaths,
      data: one.rekorPublicKeyData,
      datas: one.rekorPublicKeyDatas,
    })
    return {
      type,
      ...(keys === undefined ? {} : { keys }),
      ...(one.fulcio === undefined ? {} : { fulcio: one.fulcio }),
      ...(one.pki === undefined ? {} : { pki: one.pki }),
      ...(rekorKeys === undefined ? {} : { rekorKeys }),
      identity,
    }
  }),
)

/** One requirement, and nothing beside what it has to have: a field that is not known is an error. */
export const requirementSchema: v.GenericSchema<unknown, Requirement> = v.variant('type', [
  v.strictObject({ type: v.picklist(['insecureAcceptAnything', 'reject']) }),
  signedBy,
  v.pipe(
    v.strictObject({ type: v.literal('signedBaseLayer'), baseLayerIdentity: identityRule }),
    v.transform(({ type, baseLayerIdentity: identity }) => ({ type, identity })),
  ),
  sigstoreSigned,
])

function given(...fields: readonly unknown[]): number {
  return fields.filter(field => field !== undefined).length
}

function rekorSources(one: {
  readonly rekorPublicKeyPath?: unknown
  readonly rekorPublicKeyPaths?: unknown
  readonly rekorPublicKeyData?: unknown
  readonly rekorPublicKeyDatas?: unknown
}): number {
  const { rekorPublicKeyPath, rekorPublicKeyPaths, rekorPublicKeyData, rekorPublicKeyDatas } = one
  return given(rekorPublicKeyPath, rekorPublicKeyPaths, rekorPublicKeyData, rekorPublicKeyDatas)
}

/** Of two fields of which one is there. */
function content(path: string | undefined, bytes: Uint8Array | undefined): Content {
  return path === undefined ? { bytes: bytes ?? new Uint8Array() } : { path }
}

interface Sources {
  readonly path?: string | undefined
  readonly paths?: readonly string[] | undefined
  readonly data?: Uint8Array | undefined
  readonly datas?: readonly Uint8Array[] | undefined
}

function contents({ path, paths, data, datas }: Sources): readonly Content[] | undefined {
  if (path !== undefined) return [{ path }]
  if (paths !== undefined) return paths.map(one => ({ path: one }))
  if (data !== undefined) return [{ bytes: data }]
  return datas?.map(bytes => ({ bytes }))
}
