import path from 'node:path'
import * as v from 'valibot'
import { homeFolder } from '../auth/home-folder.ts'
import { fromFileError, LadingError, systemCode } from '../errors/index.ts'
import { readJson } from '../model/read-json.ts'
import { readSmallFile } from '../streams/index.ts'

/** What is asked of an image: `reject` and `insecureAcceptAnything` need no signature, the others do. */
const requirementTypes = ['insecureAcceptAnything', 'reject', 'signedBy', 'signedBaseLayer', 'sigstoreSigned'] as const
export type PolicyRequirement = (typeof requirementTypes)[number]

const requirements = v.pipe(
  v.array(v.looseObject({ type: v.picklist(requirementTypes) })),
  v.minLength(1, 'a list of requirements is empty'),
)
const schema = v.strictObject({
  default: requirements,
  transports: v.optional(v.record(v.string(), v.record(v.string(), requirements)), {}),
})

/** containers-policy.json(5), as far as it is decided here: which requirements an image has to meet. */
export interface Policy {
  readonly default: readonly PolicyRequirement[]
  /** By transport, and in it by scope; the scope `''` is the whole transport. */
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly PolicyRequirement[]>>>>
}

/**
 * Reads the file, or where none is named that of the user, else that of the system.
 *
 * @throws LadingError `bad-config` where there is none, or it cannot be used
 */
export async function readPolicy(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Policy> {
  const files = file === undefined ? policyFiles(environment) : [file]
  for (const one of files) {
    const text = await readText(one, file === undefined)
    if (text !== undefined) return parsePolicy(text, one)
  }
  throw new LadingError(
    'bad-config',
    `no policy.json file found at any of the following: ${files.map(one => JSON.stringify(one)).join(', ')}`,
    {
      hint: 'write one, like {"default":[{"type":"insecureAcceptAnything"}]}, name one with --policy, or give --insecure-policy',
    },
  )
}

function policyFiles(environment: Readonly<Record<string, string | undefined>>): string[] {
  return [path.join(homeFolder(environment), '.config/containers/policy.json'), '/etc/containers/policy.json']
}

async function readText(file: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return (await readSmallFile(file)).toString()
  } catch (error) {
    if (mayBeAbsent && systemCode(error) === 'ENOENT') return undefined
    const { message } = fromFileError(error, {})
    throw new LadingError('bad-config', message, {
      operation: 'read policy',
      subject: file,
      side: 'local',
      cause: error,
    })
  }
}

/** @throws LadingError `bad-config` */
export function parsePolicy(text: string, file: string): Policy {
  const refuse = (why: string, cause?: unknown) =>
    new LadingError('bad-config', `invalid policy in ${JSON.stringify(file)}: ${why}`, {
      cause,
      hint: 'containers-policy.json(5) says how it is written',
    })
  let value: unknown
  try {
    value = readJson(text)
  } catch (cause) {
    throw refuse('it is not JSON', cause)
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0])
    throw refuse(`${where === null ? '' : `${where}: `}${parsed.issues[0].message}`)
  }
  const types = (list: readonly { readonly type: PolicyRequirement }[]) => list.map(({ type }) => type)
  const transports = Object.entries(parsed.output.transports).map(([transport, scopes]) => [
    transport,
    Object.fromEntries(Object.entries(scopes).map(([scope, list]) => [scope, types(list)])),
  ])
  return { default: types(parsed.output.default), transports: Object.fromEntries(transports) }
}
