import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import type { Environment } from '../../transports/programs/find-program.ts'
import { findScanner, type Scanner } from '../find-scanner.ts'
import { type ImageLayout, openImageLayout, type ScannedImageOptions } from '../image-layout.ts'
import { namedReport } from '../named-report.ts'
import { openTrivy, type TrivyOptions } from '../open-trivy.ts'
import { runScanner } from '../run-scanner.ts'
import { askVersion } from '../scanner-version.ts'
import { databaseArguments, type TrivyDatabases } from '../trivy-arguments.ts'
import { plainDocument } from './sbom-document.ts'
import type { MadeFormat } from './sbom-format.ts'

export interface MakeSbomOptions extends ScannedImageOptions, TrivyOptions, TrivyDatabases {
  /** What makes it. Default: Trivy, and Syft where that alone is installed. */
  readonly tool?: Scanner['name'] | undefined
  /** Hears what the tool says while it works, line by line: text of another program. */
  readonly onLine?: ((line: string) => void) | undefined
}

export interface MadeSbom {
  readonly copied: ImageLayout['copied']
  readonly tool: Scanner
  readonly bytes: Uint8Array
}

/** @throws LadingError `program-not-found`, `program-failed`, or what reading the image throws */
export async function makeSbom(
  reference: string,
  format: MadeFormat,
  options: MakeSbomOptions,
  environment: Environment,
): Promise<MadeSbom> {
  const tool = await openTool(options, environment)
  await using layout = await openImageLayout(reference, options, environment)
  const { copied } = layout
  const args =
    tool.name === 'trivy'
      ? trivyWords(layout.path, format, options)
      : ['scan', `oci-dir:${layout.path}`, `--output=${format}`, `--source-name=${copied.source}`, '--quiet']
  const run = { scanner: tool, args, environment: layout.environment, hear: options.onLine, signal: options.signal }
  const { output } = await runScanner(run)
  if (output.byteLength > limits.sbomBytes) {
    throw new LadingError('too-large', `the bill of materials has more than ${limits.sbomBytes} bytes`)
  }
  const bytes = namedReport(output, true, layout.path, copied.source)
  try {
    plainDocument(format, bytes)
  } catch (cause) {
    throw new LadingError('program-failed', `what ${tool.name} wrote is no bill of materials in ${format}`, {
      operation: 'make a bill of materials',
      cause,
    })
  }
  return { copied, tool, bytes }
}

function trivyWords(layout: string, format: MadeFormat, options: MakeSbomOptions): string[] {
  const written = format === 'cyclonedx-json' ? 'cyclonedx' : format
  const told = ['--exit-code=0', '--output=', '--no-progress']
  return ['image', `--input=${layout}`, `--format=${written}`, ...told, ...databaseArguments(options)]
}

async function openTool(options: MakeSbomOptions, environment: Environment): Promise<Scanner> {
  const { tool, signal } = options
  if (tool === 'trivy') return await openTrivy(options, environment)
  const hasTrivy = (await findScanner('trivy', environment)).length > 0
  const [syft] = tool === undefined && hasTrivy ? [] : await findScanner('syft', environment)
  if (syft !== undefined) return await askVersion('syft', syft, environment, signal)
  if (tool === undefined) return await openTrivy(options, environment)
  throw new LadingError('program-not-found', 'Syft is not installed', {
    operation: 'make a bill of materials',
    side: 'local',
    hint: 'install it so that it is found in PATH, or leave the choice to lading',
  })
}
