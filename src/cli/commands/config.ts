import type { ChangeConfigResult } from '../../bucket/index.ts'
import { LadingError } from '../../errors/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choiceArgument, moreArguments } from '../options.ts'
import { printableJson } from '../printable.ts'
import { sharedOptions } from '../shared-options.ts'
import { configText } from './config-text.ts'

export const configCommand = defineCommand({
  description:
    'REF is a bucket, for the default of all its images; a bucket and the name of an image; or a bucket and a glob, where * does not ' +
    'cross a /. Of all entries that match an image one counts: a name before a glob, a longer one before a shorter one. What it does ' +
    'not set is as the default says.\n\n' +
    '`config get` shows everything that is set, or what holds for one image and where each value comes from. `config set` changes the ' +
    'settings that are named, and shows the same. KEY= with no value unsets. Everything else in s3lo.yaml, comments too, stays as it is.\n\n' +
    'immutable (true or false): a tag that exists is not moved without --force.\n\n' +
    'lifecycle.keep_last (a number): so many of the newest tags stay.\n\n' +
    'lifecycle.max_age (7d, 168h, 1h30m): beyond them a tag goes when it is older.\n\n' +
    'lifecycle.keep_tags (stable,latest,v1.*): tags that always stay.\n\n' +
    'keep_history (a number, 5 where nothing is set): of every tag so many of the newest history entries keep their blobs.\n\n' +
    'chunked (true or false, for a whole bucket): whether s3lo stores layers in pieces. lading stores them whole.',
  arguments: {
    action: choiceArgument('ACTION', ['get', 'set'], 'get shows, set changes.'),
    reference: argument('REF', 'The bucket, or an image or a glob in it.'),
    settings: moreArguments('KEY=VALUE', 'What to set; KEY= unsets.'),
  },
  options: {
    tlsVerify: sharedOptions.tlsVerify,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    {
      does: 'For all images',
      line: 'lading config set local://./images/ lifecycle.keep_last=10 lifecycle.max_age=90d',
    },
    {
      does: 'For one image',
      line: 'lading config set local://./images/myapp immutable=true lifecycle.keep_tags=stable,latest',
    },
    { does: 'For all images below a name', line: "lading config set 'local://./images/dev/*' lifecycle.max_age=7d" },
    { does: 'No longer', line: 'lading config set local://./images/myapp immutable=' },
    { does: 'What holds for an image, and why', line: 'lading config get local://./images/myapp' },
  ],
  json: {
    what: 'One object, with default and images for a bucket, with image and settings for an image',
    fields: {
      bucket: 'the bucket',
      default: 'what is set for all images: immutable, keepLast, maxAge, keepTags, keepHistory',
      images: 'an array of what is set for names and globs: name, and the same as default',
      chunked: 'whether s3lo stores layers in pieces, where it is set',
      image: 'the name of the image',
      settings:
        'what holds for the image, by the names of default: value, source (image, default or built in) and entry (the name or glob, ' +
        'where the source is image)',
      changed: 'of set: false where everything was so already, and nothing was written',
    } satisfies Record<keyof ChangeConfigResult, string>,
  },

  async run({ action, reference, settings, output, tlsVerify, ...cloud }, { library, stdout, stderr, signal }) {
    const options = { cloud: cloudOf(cloud), ...defined({ tlsVerify }), signal }
    if (action === 'get' && settings.length > 0) {
      throw new LadingError('bad-argument', 'config get takes no KEY=VALUE', { hint: 'config set changes settings' })
    }
    const changes = action === 'get' ? undefined : readChanges(settings)
    const report =
      changes === undefined
        ? await library.readConfig(reference, options)
        : await library.changeConfig(reference, changes, options)
    if (changes?.chunked === 'true') stderr.write('note: lading stores layers whole; chunked is for s3lo alone\n')
    if ('changed' in report && !report.changed) stderr.write('note: nothing changed\n')
    stdout.write(output === 'json' ? `${printableJson(report, 2)}\n` : configText(report))
  },
})

function readChanges(words: readonly string[]): Readonly<Record<string, string>> {
  if (words.length === 0) {
    throw new LadingError('bad-argument', 'config set is given nothing to set', {
      hint: 'add KEY=VALUE, like immutable=true; KEY= unsets',
    })
  }
  const pairs = words.map(word => {
    const at = word.indexOf('=')
    if (at === -1) {
      throw new LadingError('bad-argument', `${JSON.stringify(word)} is no KEY=VALUE`, {
        hint: 'write immutable=true, or immutable= to unset it',
      })
    }
    return [word.slice(0, at), word.slice(at + 1)] as const
  })
  const [twice] = pairs.filter(([key], at) => pairs.findIndex(([one]) => one === key) !== at)
  if (twice !== undefined) {
    throw new LadingError('bad-argument', `${JSON.stringify(twice[0])} is given twice`, { hint: 'give each key once' })
  }
  return Object.fromEntries(pairs)
}
