import { interruptible } from '../copy/interruptible.ts'
import { LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { Scanner } from './find-scanner.ts'
import { openImageLayout, type ScannedImageOptions } from './image-layout.ts'
import { namedReport } from './named-report.ts'
import { openTrivy, type TrivyOptions } from './open-trivy.ts'
import { runScanner } from './run-scanner.ts'
import { type Severity, severitiesFrom } from './severity.ts'
import { type ReportFormat, type TrivyChoice, trivyArguments } from './trivy-arguments.ts'
import { type FindingCounts, parseTrivyReport } from './trivy-report.ts'

export interface ScanOptions extends ScannedImageOptions, TrivyOptions, TrivyChoice {
  /** What counts: the lowest of these and all above it. Default: everything is reported, and nothing counts. */
  readonly severity?: readonly Severity[] | undefined
  /** How the report is written. Default: table. */
  readonly format?: ReportFormat | undefined
  /** Hears which scanner is run. */
  readonly onScanner?: ((scanner: Scanner) => void) | undefined
  /** Hears what the scanner says while it works, line by line: text of another program. */
  readonly onLine?: ((line: string) => void) | undefined
}

export interface ScanResult {
  /** The image, its name written out. */
  readonly reference: string
  /** What was scanned: of an index the manifest of one platform. */
  readonly digest: Digest
  readonly platforms: readonly string[]
  readonly scanner: Scanner
  /** What was looked for. */
  readonly severities: readonly Severity[]
  /** Whether there is something at or above the lowest severity that was named. */
  readonly found: boolean
  /** By severity, of what was looked for. Only of a report in JSON. */
  readonly findings?: FindingCounts
  /** What the scanner wrote, in the format that was asked for. */
  readonly report: Uint8Array
}

/** What Trivy is told to end with where it has found something. It ends with 1 where it fails, and Go with 2. */
const foundCode = 77

/**
 * Scans an image with Trivy, wherever it is: it is copied to a temporary layout, every byte checked, and Trivy reads that without a daemon.
 *
 * @example
 * const { found } = await scanImage('local://./images/app:v1', { severity: ['HIGH'] })
 *
 * @throws LadingError `program-not-found` where there is no Trivy and it may not be installed, `program-failed` where it fails, `unsupported` for what
 * is no image of a container; what reading the image throws
 */
export async function scanImage(reference: string, options: ScanOptions = {}): Promise<ScanResult> {
  // to a copy a format is that of the manifest
  const { severity = [], format = 'table', ...reading } = options
  const { signal } = options
  return await interruptible(signal, async () => {
    requireSeverities(severity, format)
    const looked = severitiesFrom(severity)
    const scanner = await openTrivy(options, process.env)
    options.onScanner?.(scanner)
    await using layout = await openImageLayout(reference, reading, process.env)
    const args = trivyArguments(layout.path, {
      ...options,
      severities: looked,
      format,
      foundCode: severity.length > 0 ? foundCode : 0,
    })
    const { environment, copied } = layout
    const run = {
      scanner,
      args,
      environment,
      hear: options.onLine,
      signal,
      ...(severity.length > 0 ? { foundCode } : {}),
    }
    const { output, found } = await runScanner(run)
    const report = namedReport(output, !['table', 'template', 'spdx'].includes(format), layout.path, copied.source)
    return {
      reference: copied.source,
      digest: copied.digest,
      platforms: copied.platforms,
      scanner,
      severities: looked,
      found,
      ...(format === 'json' ? { findings: parseTrivyReport(report).counts } : {}),
      report,
    }
  })
}

/** A list of packages says nothing of what is wrong with them: a scan that could never fail would be taken for one that found nothing. */
function requireSeverities(severity: readonly Severity[], format: ReportFormat): void {
  if (severity.length === 0 || !['cyclonedx', 'spdx', 'spdx-json', 'github'].includes(format)) return
  throw new LadingError(
    'bad-argument',
    `a report in the format ${format} names packages, and nothing that has a severity`,
    {
      hint: 'leave the severity out, or choose another format: table, json or sarif',
    },
  )
}
