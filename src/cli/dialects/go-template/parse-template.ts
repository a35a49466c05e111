import { readTokens, type Token } from './read-tokens.ts'
import { templateError } from './template-error.ts'

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipe: Pipe
      readonly body: readonly TemplateNode[]
      readonly otherwise: readonly TemplateNode[]
    }

/** `$a, $b := first | second`. */
export interface Pipe {
  readonly variables: readonly string[]
  readonly commands: readonly (readonly Operand[])[]
}

export interface Operand {
  readonly start:
    | { readonly kind: 'dot' }
    | { readonly kind: 'variable' | 'function' | 'string'; readonly text: string }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'pipe'; readonly pipe: Pipe }
  readonly fields: readonly string[]
}

const blocks = ['if', 'with', 'range'] as const

/** @throws LadingError `bad-argument` */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const tokens = readTokens(template)
  let at = 0
  const peek = (): Token | undefined => tokens[at]
  const isMark = (text: string) => peek()?.kind === 'mark' && peek()?.text === text
  const isWord = (text: string) => tokens[at + 1]?.kind === 'word' && tokens[at + 1]?.text === text

  const nodes = readNodes()
  if (at < tokens.length) throw templateError(`unexpected {{${tokens[at + 1]?.text ?? ''}}}`)
  return nodes

  function readNodes(): TemplateNode[] {
    const found: TemplateNode[] = []
    for (let token = peek(); token !== undefined; token = peek()) {
      if (token.kind === 'text') {
        found.push({ kind: 'text', text: token.text })
        at += 1
      } else if (isWord('end') || isWord('else')) return found
      else found.push(readAction())
    }
    return found
  }

  function readAction(): TemplateNode {
    at += 1
    const block = blocks.find(one => peek()?.kind === 'word' && peek()?.text === one)
    if (block === undefined) {
      const pipe = readPipe()
      close()
      return { kind: 'action', pipe }
    }
    at += 1
    const pipe = readPipe()
    close()
    return { kind: block, pipe, ...readBodies() }
  }

  function readBodies(): { body: TemplateNode[]; otherwise: TemplateNode[] } {
    const body = readNodes()
    let otherwise: TemplateNode[] = []
    if (isWord('else')) {
      at += 2
      if (peek()?.kind === 'word' && peek()?.text === 'if') {
        at += 1
        const pipe = readPipe()
        close()
        return { body, otherwise: [{ kind: 'if', pipe, ...readBodies() }] }
      }
      close()
      otherwise = readNodes()
    }
    if (!isWord('end')) throw templateError('unexpected EOF: an {{end}} is missing')
    at += 2
    close()
    return { body, otherwise }
  }

  function close(): void {
    if (peek()?.kind !== 'close') throw templateError(`unexpected ${JSON.stringify(peek()?.text ?? '')} in an action`)
    at += 1
  }

  function readPipe(): Pipe {
    const variables = readVariables()
    const commands = [readCommand()]
    while (isMark('|')) {
      at += 1
      commands.push(readCommand())
    }
    return { variables, commands }
  }

  function readVariables(): string[] {
    const end = tokens.findIndex(({ kind, text }, index) => index >= at && (kind === 'close' || text === ':='))
    if (tokens[end]?.text !== ':=') return []
    const names = tokens.slice(at, end).filter(({ kind }) => kind === 'variable')
    at = end + 1
    return names.map(({ text }) => text)
  }

  function readCommand(): Operand[] {
    const operands: Operand[] = []
    for (let one = readOperand(); one !== undefined; one = readOperand()) operands.push(one)
    if (operands.length === 0) throw templateError('missing value for command')
    return operands
  }

  function readOperand(): Operand | undefined {
    const token = peek()
    if (token === undefined) return undefined
    const { kind, text } = token
    if (kind === 'open' || kind === 'close' || kind === 'text') return undefined
    if (kind === 'mark' && text === '(') {
      at += 1
      const pipe = readPipe()
      const closing = peek()
      if (closing?.kind !== 'mark' || !closing.text.startsWith(')')) throw templateError('unclosed left paren')
      at += 1
      return { start: { kind: 'pipe', pipe }, fields: fieldsOf(closing.text) }
    }
    if (kind === 'mark' && text !== '.') return undefined
    at += 1
    if (kind === 'mark') return { start: { kind: 'dot' }, fields: [] }
    if (kind === 'field') return { start: { kind: 'dot' }, fields: fieldsOf(text) }
    if (kind === 'variable') {
      return { start: { kind, text: text.split('.', 1)[0] ?? text }, fields: fieldsOf(text) }
    }
    if (kind === 'number') return { start: { kind, value: Number(text) }, fields: [] }
    if (kind === 'string') return { start: { kind, text }, fields: [] }
    if (text === 'true' || text === 'false') return { start: { kind: 'boolean', value: text === 'true' }, fields: [] }
    return { start: { kind: 'function', text }, fields: [] }
  }
}

/** What follows the first dot. */
function fieldsOf(chain: string): string[] {
  return chain.split('.').slice(1)
}
