import { formatPlatform, hostPlatform } from '../../model/platform.ts'
import { version } from '../../version.ts'
import { alignFields } from '../align-fields.ts'
import { defineCommand } from '../command.ts'
import { sharedOptions } from '../shared-options.ts'

export const versionCommand = defineCommand({
  description: '`lading --version` prints the first line alone.',
  arguments: {},
  options: { output: sharedOptions.output },
  examples: [{ does: 'For a report', line: 'lading version' }],
  json: {
    what: 'One object',
    fields: {
      version: 'of lading',
      node: 'the version of Node.js',
      platform: "the platform that is copied where this system's is asked for",
    },
  },

  async run({ output }, { stdout }) {
    const platform = formatPlatform(hostPlatform())
    const node = process.version.slice(1)
    const text = alignFields([
      ['lading', version],
      ['node', node],
      ['platform', platform],
    ])
    stdout.write(output === 'json' ? `${JSON.stringify({ version, node, platform })}\n` : text)
  },
})
