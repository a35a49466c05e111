import { expect, test } from 'vitest'
import { runCommand } from './run-script.ts'

const script = (text: string) => ({ command: '/podman/runscript', script: `#!/bin/bash\n${text}` })

test.each([
  ['nothing', undefined, { command: 'bash' }],
  ['no section of interest', 'Bootstrap: docker\nFrom: alpine\n%post\n  apk add git\n', { command: 'bash' }],
  ['a run script', '%runscript\n  exec sh "$@"\n', script('\nexec sh "$@"\n')],
  ['an environment', '%environment\n  # why\n\n  export A=1\n', script('export A=1\n\n')],
  [
    'both, among others',
    'From: x\n%environment\nexport A=1\n%labels\nk v\n%runscript\necho $A\n\n# done\n%help\ntext',
    script('export A=1\necho $A\n\n# done\n'),
  ],
  ['sections for one application', '%runscript foo\nexec foo\n', { command: 'bash' }],
])('of a definition with %s', (_, definition, expected) => {
  expect(runCommand(definition)).toEqual(expected)
})
