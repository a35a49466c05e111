import { limits } from '../model/limits.ts'

/** One way to authenticate that a server offers: RFC 9110 section 11.6.1. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))`, 'y')
const scheme = new RegExp(`(${token})(?=[ \\t,]|$)`, 'y')
const token68 = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y
const separator = /[\s,]+/y

/** More is an attack on the parser, not a challenge. */
const maxHeaderLength = limits.challengeCharacters

/**
 * Reads a WWW-Authenticate header, or several joined by commas. Never throws: what cannot be read is passed over, since one
 * strange challenge must not hide one that we can answer.
 */
export function parseChallenges(value: string): Challenge[] {
  const header = value.slice(0, maxHeaderLength)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match
  }
  while (at < header.length) {
    const named = take(parameter)
    if (named?.[1] !== undefined) {
      const value = named[2]?.replace(/\\(.)/gs, '$1') ?? named[3] ?? ''
      challenges.at(-1)?.parameters.set(named[1].toLowerCase(), value)
      continue
    }
    const begun = take(scheme)
    if (begun?.[1] !== undefined) {
      challenges.push({ scheme: begun[1].toLowerCase(), parameters: new Map() })
      take(token68)
      continue
    }
    if (take(separator) === undefined) at++
  }
  return challenges
}
