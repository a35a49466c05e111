import { fromFileError } from '../../errors/index.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { readAll, readSmallFile } from '../../streams/index.ts'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { argument } from '../options.ts'

export const manifestDigestCommand = defineCommand({
  description:
    'The digest that a registry knows the manifest by: of the exact bytes of the file, white space too. Of a signed manifest of ' +
    "Docker's schema 1 it is that of what was signed.",
  arguments: { file: argument('FILE', 'The manifest or index, or - for stdin.') },
  options: {},
  examples: [
    { does: 'Of a file', line: 'lading manifest-digest manifest.json' },
    { does: 'Of what a registry has', line: 'lading inspect --raw alpine | lading manifest-digest -' },
  ],

  async run({ file }, { library, stdin, stdout }) {
    stdout.write(`${await library.manifestDigest(await contentOf(file, stdin))}\n`)
  },
})

async function contentOf(file: string, stdin: CommandContext['stdin']): Promise<Uint8Array> {
  if (file === '-') return await readAll(stdin(), maxManifestBytes, 'the manifest')
  try {
    return await readSmallFile(file)
  } catch (error) {
    throw fromFileError(error, { operation: 'read manifest', subject: file, side: 'local' })
  }
}
