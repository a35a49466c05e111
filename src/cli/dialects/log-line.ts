import type { Output } from '../context.ts'
import { printableLines } from '../printable.ts'

const levels = {
  fatal: { short: 'FATA', colour: 31 },
  error: { short: 'ERRO', colour: 31 },
  warning: { short: 'WARN', colour: 33 },
  info: { short: 'INFO', colour: 36 },
  debug: { short: 'DEBU', colour: 37 },
} as const

export interface LogLine {
  readonly level: keyof typeof levels
  readonly message: string
  /** Beside the message, in this order. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>
}

/** One line as Go's logrus writes it: for a reader on a terminal, and else as words with values. */
export function logLine({ level, message, fields = {} }: LogLine, output: Output, now = new Date()): string {
  if (output.isTTY === true) {
    const { short, colour } = levels[level]
    const said = Object.entries(fields).map(([key, value]) => ` \u001b[${colour}m${key}\u001b[0m=${word(value, true)}`)
    // the seconds that the program has run for
    const seconds = String(Math.floor(performance.now() / 1000)).padStart(4, '0')
    const text = printableLines(message)
    return `\u001b[${colour}m${short}\u001b[0m[${seconds}] ${text.padEnd(44)} ${said.join('')}\n`
  }
  const said = Object.entries(fields).map(([key, value]) => ` ${key}=${word(value, false)}`)
  return `time="${localTime(now)}" level=${level} msg=${word(message, false)}${said.join('')}\n`
}

/** A value in quotes where it needs them. */
function word(value: string | number | boolean, terminal: boolean): string {
  const text = String(value)
  return text === '' && !terminal ? '' : /^[A-Za-z0-9\-._/@^+]*$/.test(text) ? text : goQuote(text)
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\u0007': '\\a',
}

/** As strconv.Quote does: what does not print is escaped. */
function goQuote(text: string): string {
  const quoted = text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, found => {
    const code = found.codePointAt(0) ?? 0
    const known = escapes[found]
    if (known !== undefined) return known
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `"${quoted}"`
}

/** RFC 3339 in the time of this machine, to the second. */
function localTime(now: Date): string {
  const minutes = -now.getTimezoneOffset()
  const local = new Date(now.getTime() + minutes * 60_000).toISOString().slice(0, 19)
  if (minutes === 0) return `${local}Z`
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0')
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}
