import type { Output } from './context.ts'
import { printableJson } from './printable.ts'

/** Writes an array of JSON, one element a line, as they come: it need not be in memory to be one. */
export async function writeJsonArray(elements: AsyncIterable<unknown>, stdout: Output): Promise<void> {
  let separator = '[\n  '
  for await (const element of elements) {
    stdout.write(separator + printableJson(element))
    separator = ',\n  '
  }
  stdout.write(separator.startsWith('[') ? '[]\n' : '\n]\n')
}
