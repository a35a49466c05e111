import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { skopeoCopyOptions } from './skopeo-copy-options.ts'
import { checkout } from './source-files.ts'

/** The table's rows: the option, and the test that shows it by file and name. */
async function rows(): Promise<readonly (readonly [option: string, file: string, name: string])[]> {
  const page = await readFile(path.join(checkout, 'docs/skopeo-options.md'), 'utf8')
  return [...page.matchAll(/^\| `(--[^`]+)` \| .+ \| `([^`]+)`: `([^`]+)` \|$/gm)].map(
    ([, option = '', file = '', name = '']) => [option, file, name] as const,
  )
}

describe('the table of the options of skopeo copy', async () => {
  const table = await rows()

  test('has every option of the manual, each once', () => {
    expect(table.map(([option]) => option)).toEqual(skopeoCopyOptions)
  })

  test.each(table)('%s is shown by a test that there is: %s, %s', async (_, file, name) => {
    expect(await readFile(path.join(checkout, file), 'utf8')).toContain(name)
  })
})
