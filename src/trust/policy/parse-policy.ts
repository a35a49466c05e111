import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { duplicateMember } from '../../model/duplicate-member.ts'
import { readJson } from '../../model/read-json.ts'
import type { Policy, Requirement } from './policy.ts'
import { requirementSchema } from './requirement-schema.ts'
import { scopeFlaw } from './scope-flaw.ts'

/**
 * Reads a policy.json. It is taken whole or not at all: what is unknown, misspelt or written twice is an error, since a requirement that is
 * passed over is none.
 *
 * @param file for messages
 * @throws LadingError `bad-config`
 */
export function parsePolicy(text: string, file: string): Policy {
  const refuse: Refuse = (where, why, cause) =>
    new LadingError(
      'bad-config',
      `invalid policy in ${JSON.stringify(file)}: ${where === '' ? '' : `${where}: `}${why}`,
      {
        cause,
        hint: 'containers-policy.json(5) says how it is written',
      },
    )
  const members = membersOf(readDocument(text, refuse), '', refuse)
  const unknown = [...members.keys()].find(key => key !== 'default' && key !== 'transports')
  if (unknown !== undefined) throw refuse(unknown, 'it is not known')
  if (!members.has('default')) throw refuse('default', 'it is missing')
  const transports = members.has('transports') ? membersOf(members.get('transports'), 'transports', refuse) : new Map()
  return {
    default: requirementsOf(members.get('default'), 'default', refuse),
    transports: new Map(
      [...transports].map(([transport, scopes]) => [transport, scopesOf(transport, scopes, refuse)] as const),
    ),
  }
}

type Refuse = (where: string, why: string, cause?: unknown) => LadingError

function readDocument(text: string, refuse: Refuse): unknown {
  let twice: string | undefined
  let value: unknown
  try {
    value = readJson(text)
    twice = duplicateMember(text)
  } catch (cause) {
    throw refuse('', 'it is not JSON', cause)
  }
  if (twice !== undefined) throw refuse(twice, 'it is there twice')
  return value
}

/** By hand, since a schema passes over names like `constructor`, which a bucket can have. */
function membersOf(value: unknown, where: string, refuse: Refuse): Map<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  throw refuse(where, 'it is not an object')
}

function scopesOf(transport: string, value: unknown, refuse: Refuse): ReadonlyMap<string, readonly Requirement[]> {
  const where = `transports.${transport}`
  return new Map(
    [...membersOf(value, where, refuse)].map(([scope, requirements]) => {
      const flaw = scopeFlaw(transport, scope)
      if (flaw !== undefined) throw refuse(`${where}.${scope}`, `it is no scope: ${flaw}`)
      return [scope, requirementsOf(requirements, `${where}.${scope}`, refuse)] as const
    }),
  )
}

function requirementsOf(value: unknown, where: string, refuse: Refuse): readonly Requirement[] {
  if (!Array.isArray(value)) throw refuse(where, 'it is not a list of requirements')
  if (value.length === 0) throw refuse(where, 'a list of requirements is empty')
  return value.map((one, at) => {
    const parsed = v.safeParse(requirementSchema, one, { abortEarly: true })
    if (parsed.success) return parsed.output
    const [issue] = parsed.issues
    const inside = v.getDotPath(issue)
    throw refuse(`${where}.${at}${inside === null ? '' : `.${inside}`}`, issue.message)
  })
}
