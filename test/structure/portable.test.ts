import { expect, test } from 'vitest'
import { unportable } from './portable.ts'
import { readSources } from './source-files.ts'

test('what is published works on Windows and macOS too, as far as its forms show', () => {
  const published = [...readSources('src')].filter(
    ([file]) => !file.endsWith('.test.ts') && !file.startsWith('src/testing/'),
  )
  expect(unportable(new Map(published))).toEqual([])
})

test.each([
  ["const folder = '/tmp/lading'", 'names /tmp'],
  ['const user = process.getuid()', 'asks for a user id'],
  ["const here = new URL('.', import.meta.url).pathname", 'takes the pathname'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of code
  ['await import(`file://${name}`)', 'makes a file: URL'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of code
  ['const file = `${cacheFolder}/layers.json`', 'joins paths as text'],
  ['const home = environment.HOME', 'finds a home by itself'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of code
  ['const file = join(folder, `${digest}.json`)', 'names a file by a digest'],
  ["process.kill(pid, 'SIGUSR1')", 'sends a signal'],
  ['process.umask(0o77)', 'changes the umask'],
])('%s is found out', (line, why) => {
  expect(unportable(new Map([['src/a.ts', `\n${line}\n`]]))).toEqual([expect.stringContaining(`src/a.ts:2 ${why}`)])
})

test('what is right passes, and what only a comment says', () => {
  const lines = [
    'const user = process.getuid?.() ?? 0',
    '// not in /tmp',
    ' * `/tmp` may be memory',
    "join(folder, 'a')",
  ]
  expect(unportable(new Map([['src/a.ts', lines.join('\n')]]))).toEqual([])
})
