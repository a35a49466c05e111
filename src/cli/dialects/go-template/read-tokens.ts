import { templateError } from './template-error.ts'

export type Token =
  | { readonly kind: 'text' | 'string' | 'word' | 'field' | 'variable' | 'mark'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  /** Where an action begins and ends. */
  | { readonly kind: 'open' | 'close'; readonly text: string }

/** A chain of fields is one token with what it begins at: `.A.B`, `$a.B`, `).B`. */
const inside =
  /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?:\.[A-Za-z_]\w*)+|\$\w*(?:\.[A-Za-z_]\w*)*|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|:=|\)(?:\.[A-Za-z_]\w*)*|[.|(,=]/y

/** Splits a template into its text and the words of its actions. @throws LadingError `bad-argument` */
export function readTokens(template: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trim = false
  while (at < template.length) {
    const open = template.indexOf('{{', at)
    let text = template.slice(at, open === -1 ? undefined : open)
    if (trim) text = text.trimStart()
    if (open === -1) {
      tokens.push({ kind: 'text', text })
      break
    }
    const trimsBefore = /^-\s/.test(template.slice(open + 2, open + 4))
    tokens.push({ kind: 'text', text: trimsBefore ? text.trimEnd() : text })
    const comment = /^(?:-\s+)?\/\*[\s\S]*?\*\/(\s+-)?\}\}/.exec(template.slice(open + 2))
    if (comment !== null) {
      trim = comment[1] !== undefined
      at = open + 2 + comment[0].length
      continue
    }
    at = readAction(template, open + (trimsBefore ? 3 : 2), tokens)
    trim = /\s-$/.test(template.slice(open, at - 2))
  }
  return tokens
}

/** @returns where the text goes on */
function readAction(template: string, from: number, tokens: Token[]): number {
  tokens.push({ kind: 'open', text: '{{' })
  let at = from
  while (!/^(?:\s+-)?\}\}/.test(template.slice(at, at + 64).replace(/^\s+(?=\}\})/, ''))) {
    inside.lastIndex = at
    const [found] = inside.exec(template) ?? []
    if (found === undefined) {
      const bad = template.charAt(at)
      throw templateError(bad === '' ? 'an action is not closed with }}' : `unexpected ${JSON.stringify(bad)}`)
    }
    at += found.length
    if (found.trim() !== '') tokens.push(tokenOf(found))
  }
  tokens.push({ kind: 'close', text: '}}' })
  return template.indexOf('}}', at) + 2
}

function tokenOf(text: string): Token {
  if (text.startsWith('"')) return { kind: 'string', text: unquote(text) }
  if (text.startsWith('`')) return { kind: 'string', text: text.slice(1, -1) }
  if (text.startsWith('.') && text.length > 1) return { kind: 'field', text }
  if (text.startsWith('$')) return { kind: 'variable', text }
  if (/^-?\d/.test(text)) return { kind: 'number', text }
  return { kind: /^\w/.test(text) ? 'word' : 'mark', text }
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    throw templateError(`${text} is not a text that is understood`)
  }
}
