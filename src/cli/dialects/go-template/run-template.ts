import { limits } from '../../../model/limits.ts'
import { functions } from './functions.ts'
import { formatGo, GoMap, GoNil, GoStruct, type GoValue, isTrue } from './go-value.ts'
import { type Operand, type Pipe, parseTemplate, type TemplateNode } from './parse-template.ts'
import { templateError } from './template-error.ts'

type Variables = ReadonlyMap<string, GoValue>

/** The text that a template of Go makes of a value: the part of its language that command lines use. @throws LadingError `bad-argument` */
export function runTemplate(template: string, value: GoValue): string {
  if (template.length > limits.templateCharacters) throw templateError('it is too long')
  try {
    return runNodes(parseTemplate(template), value, new Map([['$', value]]))
  } catch (error) {
    // what is within is read and run by calls within calls
    throw error instanceof RangeError ? templateError('it is nested too deep') : error
  }
}

function runNodes(nodes: readonly TemplateNode[], dot: GoValue, outer: Variables): string {
  let text = ''
  let variables = outer
  for (const node of nodes) {
    if (node.kind === 'text') text += node.text
    else if (node.kind === 'range') text += runRange(node, dot, variables)
    else {
      const found = runPipe(node.pipe, dot, variables)
      const named = new Map([...variables, ...node.pipe.variables.map(name => [name, found] as const)])
      if (node.kind === 'action') {
        variables = named
        if (node.pipe.variables.length === 0) text += formatGo(found)
      } else if (isTrue(found)) text += runNodes(node.body, node.kind === 'with' ? found : dot, named)
      else text += runNodes(node.otherwise, dot, variables)
    }
  }
  return text
}

function runRange(
  { pipe, body, otherwise }: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>,
  dot: GoValue,
  variables: Variables,
): string {
  const found = runPipe(pipe, dot, variables)
  const entries = entriesOf(found)
  if (entries.length === 0) return runNodes(otherwise, dot, variables)
  const [first, second] = pipe.variables
  return entries
    .map(([key, inner]) => {
      const named = new Map(variables)
      // one variable is the element, of two the first is its place
      if (first !== undefined) named.set(first, second === undefined ? inner : key)
      if (second !== undefined) named.set(second, inner)
      return runNodes(body, inner, named)
    })
    .join('')
}

function entriesOf(value: GoValue): (readonly [GoValue, GoValue])[] {
  if (value === undefined || value instanceof GoNil) return []
  if (value instanceof GoMap) return [...value.entries]
  if (typeof value === 'object' && Array.isArray(value)) return value.map((inner, at) => [at, inner])
  throw templateError(`range can't iterate over ${formatGo(value)}`)
}

function runPipe(pipe: Pipe, dot: GoValue, variables: Variables): GoValue {
  let last: { readonly value: GoValue } | undefined
  for (const command of pipe.commands) last = { value: runCommand(command, last, dot, variables) }
  return last?.value
}

/** In a pipe the value before is the last argument. */
function runCommand(
  [first, ...rest]: readonly Operand[],
  piped: { readonly value: GoValue } | undefined,
  dot: GoValue,
  variables: Variables,
): GoValue {
  const more = piped === undefined ? [] : [piped.value]
  if (first?.start.kind === 'function') {
    const { text: name } = first.start
    const call = functions.get(name)
    if (call === undefined) throw templateError(`function ${JSON.stringify(name)} not defined`)
    return call([...rest.map(one => read(one, dot, variables)), ...more])
  }
  if (first === undefined || rest.length > 0 || more.length > 0)
    throw templateError("can't give argument to non-function")
  return read(first, dot, variables)
}

function read({ start, fields }: Operand, dot: GoValue, variables: Variables): GoValue {
  let value = readStart(start, dot, variables)
  for (const field of fields) value = fieldOf(value, field)
  return value
}

function readStart(start: Operand['start'], dot: GoValue, variables: Variables): GoValue {
  switch (start.kind) {
    case 'dot':
      return dot
    case 'pipe':
      return runPipe(start.pipe, dot, variables)
    case 'string':
      return start.text
    case 'function':
      return runCommand([{ start, fields: [] }], undefined, dot, variables)
    case 'variable':
      if (!variables.has(start.text)) throw templateError(`undefined variable ${JSON.stringify(start.text)}`)
      return variables.get(start.text)
    default:
      return start.value
  }
}

function fieldOf(value: GoValue, field: string): GoValue {
  if (value instanceof GoStruct && value.has(field)) return value.get(field)
  if (value instanceof GoMap) return value.entries.get(field)
  throw templateError(`can't evaluate field ${field}`)
}
