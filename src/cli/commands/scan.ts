import { LadingError } from '../../errors/index.ts'
import type { ScanResult } from '../../scan/index.ts'
import { parseSeverity } from '../../scan/severity.ts'
import { reportFormats } from '../../scan/trivy-arguments.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, flag, list, moreArguments } from '../options.ts'
import { printable, printableJson, printableLines } from '../printable.ts'
import { openBrokenProgress } from '../progress/broken-progress.ts'
import { progressModes } from '../progress/open-progress.ts'
import { serverOf } from '../read-server-options.ts'
import { onePlatform, onePlatformOption, scanExitCode, trivyOf, trivyOptions } from '../scanner-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const scanCommand = defineCommand({
  description:
    'Copies one platform of the image, every byte checked, to a temporary OCI layout, and gives that to Trivy: no Docker is needed. Trivy is that of ' +
    'PATH, else ~/.local/bin/trivy, else one is offered for download (LADING_TRIVY_RELEASES names a mirror of its releases). What it prints is printed, with the name of the image in the place of the layout.\n\n' +
    'With --severity everything at or above the lowest severity that is named is reported, and fails the scan. Without it everything is reported, and ' +
    'nothing fails. Trivy looks for vulnerabilities and for secrets; a .trivyignore and a trivy.yaml in the current directory hold, whoever has put them there.\n\n' +
    'Exit codes: 0 where nothing is found that counts; 1 where something is; 2 where the scan failed or could not be made; 64 for a wrong command line.',
  arguments: {
    reference: argument('REF', 'The image.'),
    words: moreArguments('WORDS', 'After --: further options for `trivy image`.'),
  },
  options: {
    severity: list(
      {
        value: 'SEVERITIES',
        description:
          'UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL, with commas: what is at or above the lowest of them counts.',
      },
      parseSeverity,
    ),
    format: choice(reportFormats, {
      default: undefined,
      description: 'How Trivy writes its report. Not given: table.',
    }),
    ignoreUnfixed: flag({ description: 'Leave out what nobody has mended yet.' }),
    ...onePlatformOption,
    ...trivyOptions,
    quiet: flag({ short: 'q', description: 'Print the report and errors, and nothing else.' }),
    progress: choice(progressModes, {
      default: 'auto',
      description: 'The form of the progress on stderr, as for `lading copy`.',
    }),
    ...serverOptions,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'What is wrong with an image in a bucket', line: 'lading scan local://./images/app:v1' },
    {
      does: 'A gate in CI',
      line: 'lading scan --install-trivy --severity HIGH,CRITICAL --ignore-unfixed s3://images/app:v1',
    },
    { does: 'For a code scanning page', line: 'lading scan --format sarif ghcr.io/org/app:v1 > app.sarif' },
    { does: 'An option of Trivy', line: 'lading scan local://./images/app:v1 -- --scanners vuln' },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the image, its name written out',
      digest: 'the digest of the manifest that was scanned',
      platforms: 'the platform that was scanned, where the image was chosen from several',
      scanner: '`name`, `path` and `version` of the scanner',
      severities: 'what was looked for',
      found: 'whether there is something at or above the lowest severity that was named; false where none was',
      findings: 'how many `unknown`, `low`, `medium`, `high` and `critical` there are, of what was looked for',
      report: "Trivy's own report, as its --format json has it",
    } satisfies Record<keyof ScanResult, string>,
  },
  exitCodeOf: scanExitCode,

  async run({ reference, words, severity, format, output, quiet, ignoreUnfixed, platform, ...where }, context) {
    const { library, stdout, stderr, env, signal, finishUnread } = context
    // what was found decides how the run ends, however much of it is read
    finishUnread?.()
    const json = output === 'json'
    requireWords(words)
    if (json && format !== undefined && format !== 'json') {
      throw new LadingError(
        'bad-argument',
        `--output json holds Trivy's report in JSON, and not in the format ${format}`,
        {
          hint: 'leave --output or --format out',
        },
      )
    }
    const progress = openBrokenProgress(quiet ? 'none' : where.progress, context)
    const sayLine = (line: string) => {
      progress.close()
      stderr.write(`${printable(line)}\n`)
    }
    let result: ScanResult
    try {
      result = await library.scanImage(reference, {
        severity,
        format: json ? 'json' : (format ?? 'table'),
        ignoreUnfixed,
        words,
        ...defined({ platform: onePlatform(platform) }),
        ...trivyOf(where, context, progress, quiet ? undefined : sayLine),
        ...(quiet ? {} : { onLine: sayLine }),
        ...(env.LADING_DEBUG
          ? {
              onScanner: ({ path, version = 'unknown' }) =>
                void stderr.write(`trivy ${printable(`${version}: ${path}`)}\n`),
            }
          : {}),
        onEvent: progress.onEvent,
        sourceServer: serverOf(where),
        cloud: cloudOf(where),
        signal,
      })
    } finally {
      progress.close()
    }
    stdout.write(json ? scanJson(result) : scanText(result, format ?? 'table'))
    if (result.found) throw foundSome(result)
  },
})

/** commander gives what follows `--` like any other word. */
function requireWords([first]: readonly string[]): void {
  if (first === undefined || first.startsWith('-')) return
  throw new LadingError('bad-argument', 'it scans one image at a time', {
    hint: 'options for trivy stand after --, the first of them begins with -',
  })
}

function scanJson({ report, ...result }: ScanResult): string {
  return `${printableJson({ ...result, report: JSON.parse(Buffer.from(report).toString('utf8')) }, 2)}\n`
}

/** A table is for people, and holds names of packages; all other formats are for programs, which take the bytes as they are. */
function scanText({ report }: ScanResult, format: string): string | Uint8Array {
  return format === 'table' ? printableLines(Buffer.from(report).toString('utf8')) : report
}

function foundSome({ reference, severities: [lowest = 'UNKNOWN'] }: ScanResult): LadingError {
  return new LadingError('findings', `it has findings of the severity ${lowest} or above`, {
    operation: 'scan',
    subject: reference,
    hint: 'the report says what mends them',
  })
}
