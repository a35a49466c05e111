import { expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'
import { formatPlatform, hostPlatform } from '../../model/platform.ts'
import { version } from '../../version.ts'

const node = process.versions.node
const platform = formatPlatform(hostPlatform())

test.each([
  ['text', `lading    ${version}\nnode      ${node}\nplatform  ${platform}\n`],
  ['json', `${JSON.stringify({ version, node, platform })}\n`],
])('version as %s', async (output, stdout) => {
  expect(await runLading(['version', '--output', output])).toEqual({ exit: 0, stdout, stderr: '' })
})
