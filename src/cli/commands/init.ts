import { LadingError } from '../../errors/index.ts'
import { defineCommand } from '../command.ts'
import { text } from '../options.ts'
import { printable } from '../printable.ts'

export const initCommand = defineCommand({
  description:
    'Images can then be copied to local://DIR//image:tag. A directory that is a bucket already stays as it is, with all its images.',
  arguments: {},
  options: { local: text({ value: 'DIR', description: 'The directory. It is made where it does not exist.' }) },
  examples: [
    { does: 'A bucket in this directory', line: 'lading init --local ./images' },
    { does: 'One for the whole machine', line: 'lading init --local /srv/images' },
  ],

  async run({ local }, { library, stdout }) {
    if (local === undefined || local === '') {
      throw new LadingError('bad-argument', 'no directory is named', { hint: 'lading init --local DIR' })
    }
    const { path, created } = await library.initStore({ local })
    stdout.write(`${printable(path)} ${created ? 'is now a bucket' : 'is a bucket already'}\n`)
  },
})
