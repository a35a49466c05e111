import { expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'

const library = { manifestDigest: async (bytes: Uint8Array) => manifestDigest(bytes) }

test('reads stdin', async () => {
  expect(await runLading(['manifest-digest', '-'], { library, stdin: '{}' })).toEqual({
    exit: 0,
    stdout: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n',
    stderr: '',
  })
})

test('says which file is not there', async () => {
  const { exit, stdout, stderr } = await runLading(['manifest-digest', 'absent.json'], { library })
  expect({ exit, stdout }).toEqual({ exit: 6, stdout: '' })
  expect(stderr).toContain('absent.json')
  expect(stderr).toContain('no such file')
})
