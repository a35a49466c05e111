import { lstat } from 'node:fs/promises'
import path from 'node:path'
import { homeFolder } from '../../auth/home-folder.ts'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { Policy } from './policy.ts'

/** Which policy decides whether an image may be used. */
export type PolicyChoice =
  /** None: every image may. */
  | 'accept-anything'
  | {
      /** This one. Default: that of the user (`~/.config/containers/policy.json`), else that of the system (`/etc/containers/policy.json`). */
      readonly file?: string | undefined
      /** An error where neither is there. Default: then every image may be used. */
      readonly required?: boolean | undefined
    }

export interface PolicyFile {
  /** As it was found. */
  readonly file: string
  readonly policy: Policy
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the policy that was chosen. One that is there and cannot be read or used is an error: nothing falls back to the next.
 *
 * @returns `undefined` where every image may be used
 * @throws LadingError `bad-config`
 */
export async function readPolicy(choice: PolicyChoice, environment: Environment): Promise<PolicyFile | undefined> {
  if (choice === 'accept-anything') return undefined
  const { file: named, required = false } = choice
  const files = named === undefined ? policyFiles(environment) : [named]
  for (const file of files) {
    const text = await readText(file, named === undefined)
    if (text === undefined) continue
    const { parsePolicy } = await import('./parse-policy.ts')
    return { file, policy: parsePolicy(text, file) }
  }
  if (!required) return undefined
  throw new LadingError(
    'bad-config',
    `no policy.json file found at any of the following: ${files.map(one => JSON.stringify(one)).join(', ')}`,
    {
      hint: 'write one, like {"default":[{"type":"insecureAcceptAnything"}]}, name one with --policy, or give --insecure-policy',
    },
  )
}

function policyFiles(environment: Environment): string[] {
  return [path.join(homeFolder(environment), '.config/containers/policy.json'), '/etc/containers/policy.json']
}

async function readText(file: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return (await readSmallFile(file)).toString()
  } catch (error) {
    if (mayBeAbsent && (await isAbsent(file, error))) return undefined
    const { message } = fromFileError(error, {})
    throw new LadingError('bad-config', message, {
      operation: 'read policy',
      subject: file,
      side: 'local',
      cause: error,
    })
  }
}

/** A link that leads nowhere is a policy that somebody wanted. */
async function isAbsent(file: string, error: unknown): Promise<boolean> {
  if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false
  return await lstat(file).then(
    () => false,
    () => true,
  )
}
