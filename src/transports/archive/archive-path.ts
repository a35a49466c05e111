/** `-` is standard input where an archive is read, and standard output where one is written, as in most tools. */
const dash = '-'

export function isStandardInput(path: string): boolean {
  return path === dash || path === '/dev/stdin'
}

export function isStandardOutput(path: string): boolean {
  return path === dash || path === '/dev/stdout'
}
