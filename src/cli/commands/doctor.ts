import type { DoctorReport } from '../../bucket/index.ts'
import { LadingError } from '../../errors/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, count, flag } from '../options.ts'
import { printableJson } from '../printable.ts'
import { openProgress, progressModes } from '../progress/open-progress.ts'
import { sharedOptions } from '../shared-options.ts'
import { doctorText } from './doctor-text.ts'

export const doctorCommand = defineCommand({
  description:
    'Looks whether the bucket can be reached, written and read; whether it keeps what is written under a condition; and whether everything ' +
    'is there that its tags name, with the size that they say. Every manifest is read; of layers and configurations it is looked whether ' +
    'they are there, unless --verify reads them too. An object below lading/ is written for a moment, unless --read-only forbids it.\n\n' +
    'What follows the root of the bucket is an image name, a prefix that ends in /, or a glob: then those images are looked at, and what ' +
    'needs the whole bucket is left out.\n\n' +
    'Exit codes: 0 where every check is ok, a note or a warning; 1 where an image is incomplete or damaged, or the configuration cannot be ' +
    'read; 2 where there is no such bucket; 3 without the permission.',
  arguments: { bucket: argument('BUCKET', 'The bucket, or a part of it.') },
  options: {
    verify: flag({ description: 'Read every blob, and check its digest.' }),
    readOnly: flag({ description: 'Write nothing: then permissions, conditions and clock are not tried.' }),
    jobs: count({ value: 'N', default: 10, description: 'With --verify: how many blobs are read at a time.' }),
    progress: choice(progressModes, {
      default: 'auto',
      description: 'With --verify: the form of the progress on stderr, as for `lading copy`.',
    }),
    tlsVerify: sharedOptions.tlsVerify,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'A bucket as a gate in CI', line: 'lading doctor s3://images/ || exit 1' },
    { does: 'Every byte of some images', line: "lading doctor --verify 'local://./images/team/*'" },
    {
      does: 'The tags that are incomplete, for a script',
      line: `lading doctor --output json local://./images/ | jq -r '.incomplete[] | "\\(.image):\\(.tag)"'`,
    },
  ],
  json: {
    what: 'One object',
    fields: {
      bucket: 'the bucket',
      healthy: 'whether no check failed',
      checks:
        'an array of `name`, `state` (ok, note, warning, failed, skipped), `message`, and where there is something to say `hint`, `code` (why it ' +
        'could not be made), `counts` (what the message counts) and `names` (the first few that it is about). One name may stand there several times. ' +
        'The names: access, permissions, conditions, clock, layout, configuration, tags, history, referrers, signatures, content, orphans, layers, ' +
        'chunks, trash, uploads, leases',
      tags: 'how many tags were `checked`, and how many are `incomplete`; absent where they could not be looked at',
      incomplete:
        'the first thousand of those: `image`, `tag`, `digest`, and `flaws`: an array of `digest`, `kind`, `size`, `platform`, and `flaw`, which is ' +
        '`missing`, `wrong-size` (with `actualSize`) or `damaged` (with `why`)',
      damaged: 'with --verify, the first thousand blobs whose bytes are wrong: `digest`, `size`, `why`',
      verified:
        'with --verify: how many `blobs` and `bytes` were read, how many blobs were `damaged`, and in how many `seconds`',
    } satisfies Record<keyof DoctorReport, string>,
  },

  async run({ bucket, verify, readOnly, jobs, output, tlsVerify, progress: mode, ...cloud }, context) {
    const progress = openProgress(verify ? mode : 'none', context)
    let report: DoctorReport
    try {
      report = await context.library.checkBucket(bucket, {
        verify,
        readOnly,
        jobs,
        cloud: cloudOf(cloud),
        ...defined({ tlsVerify }),
        onEvent: progress.onEvent,
        signal: context.signal,
      })
    } finally {
      progress.close()
    }
    context.stdout.write(output === 'json' ? `${printableJson(report, 2)}\n` : doctorText(report))
    if (!report.healthy) throw unhealthy(report)
  },
})

/** The report has said what: this is what a script goes by. */
function unhealthy({ bucket, checks, tags }: DoctorReport): LadingError {
  const failed = checks.filter(({ state }) => state === 'failed')
  const details = { operation: 'check bucket', subject: bucket }
  const [unmade] = failed
  if (unmade?.code !== undefined && failed.every(({ code }) => code !== undefined)) {
    return new LadingError(unmade.code, unmade.message, { ...details, ...defined({ hint: unmade.hint }) })
  }
  const incomplete = tags?.incomplete ?? 0
  if (incomplete === 0) {
    const [found] = failed.filter(({ code }) => code === undefined)
    return new LadingError('unhealthy', found?.message ?? '', { ...details, ...defined({ hint: found?.hint }) })
  }
  return new LadingError('unhealthy', `${incomplete} of ${tags?.checked} tags cannot be pulled whole`, {
    ...details,
    hint: `\`lading repair ${bucket} --from SOURCE\` fetches what is missing from wherever the images still are`,
  })
}
