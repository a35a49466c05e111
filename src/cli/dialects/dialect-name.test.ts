import { expect, test } from 'vitest'
import { spokenAs } from './dialect-name.ts'

test.each([
  ['/usr/bin/skopeo', ['copy'], 'skopeo', ['copy']],
  ['/srv/lading/bin/lading.js', ['skopeo', 'copy', 'a'], 'skopeo', ['copy', 'a']],
  ['C:\\tools\\s3lo.cmd', ['list'], 's3lo', ['list']],
  ['/usr/bin/s3lo.js', ['skopeo'], 's3lo', ['skopeo']],
  ['/srv/lading/bin/lading.js', ['copy', 'skopeo'], undefined, ['copy', 'skopeo']],
  ['/usr/bin/skopeo-2', [], undefined, []],
  ['', [], undefined, []],
] as const)('%s %j is spoken as %s', (program, argv, dialect, rest) => {
  expect(spokenAs(program, argv)).toEqual({ dialect, argv: rest })
})
