/** A line of a proof's result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
