import type { Output } from './context.ts'

interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
}

/** Colour on a terminal, and none where NO_COLOR says so (https://no-color.org) or the terminal cannot. */
export function styleFor(output: Output, env: NodeJS.ProcessEnv): Style {
  const coloured = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39) }
}
