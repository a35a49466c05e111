import { LadingError } from '../errors/index.ts'
import type { Severity } from './severity.ts'

/** How Trivy writes what it finds. */
export const reportFormats = [
  'table',
  'json',
  'sarif',
  'cyclonedx',
  'spdx',
  'spdx-json',
  'github',
  'cosign-vuln',
  'template',
] as const
export type ReportFormat = (typeof reportFormats)[number]

/** What Trivy may fetch, and where it keeps it. */
export interface TrivyDatabases {
  /** Where Trivy keeps its databases. Default: its own place. */
  readonly cacheDir?: string | undefined
  /** Fetch nothing: the databases are in `cacheDir`, or in Trivy's own place. */
  readonly offline?: boolean | undefined
  /** Where Trivy's database is fetched, in the place of Trivy's own. */
  readonly dbRepository?: string | undefined
}

/** What is passed to Trivy as it is. */
export interface TrivyChoice extends TrivyDatabases {
  /** Leave out what nobody has mended yet. */
  readonly ignoreUnfixed?: boolean | undefined
  /** Further words for `trivy image`. MUST NOT say what the other options say. */
  readonly words?: readonly string[] | undefined
}

interface Told extends TrivyChoice {
  readonly severities: readonly Severity[]
  readonly format: ReportFormat
  /** What Trivy ends with where it finds something; 0: as where it finds nothing. */
  readonly foundCode: number
}

/** With these Trivy ends well and has scanned nothing, or takes no further option. */
const scansNothing = [
  '--help',
  '-h',
  '--version',
  '-v',
  '--generate-default-config',
  '--download-db-only',
  '--download-java-db-only',
  '--clear-cache',
  '--reset',
  '--',
]

/** What is decided here, and how a user of lading says it. Said twice it might hide what was found. */
const decided: Readonly<Record<string, string>> = {
  '--input': 'REF',
  '--exit-code': '--severity',
  '--severity': '--severity',
  '-s': '--severity',
  '--format': '--format',
  '-f': '--format',
  '--output': 'a redirection of stdout',
  '-o': 'a redirection of stdout',
  '--cache-dir': '--cache-dir',
  '--db-repository': '--db-repository',
  '--platform': '--platform',
  '--quiet': '--quiet',
  '-q': '--quiet',
}

/**
 * The words for Trivy. Every value stands in one word with its option, so that none is taken for an option.
 *
 * @throws LadingError `bad-argument` where the further words say what is said here
 */
export function trivyArguments(layout: string, told: Told): string[] {
  const { severities, format, foundCode, ignoreUnfixed, words = [] } = told
  for (const word of words) {
    if (/^-[^-]./.test(word)) {
      throw new LadingError('bad-argument', `${JSON.stringify(word)} may be several options in one word`, {
        hint: "write trivy's options out: --name or --name=value",
      })
    }
    const [flag = ''] = word.split('=', 1)
    if (scansNothing.includes(flag)) {
      throw new LadingError('bad-argument', `${flag} cannot be passed on to trivy: nothing would be scanned`)
    }
    if (!Object.hasOwn(decided, flag)) continue
    throw new LadingError('bad-argument', `${flag} cannot be passed on to trivy`, {
      hint: `say it with ${decided[flag]}`,
    })
  }
  return [
    'image',
    ...words,
    `--input=${layout}`,
    `--format=${format}`,
    `--severity=${severities.join(',')}`,
    `--exit-code=${foundCode}`,
    '--output=',
    '--no-progress',
    ...(ignoreUnfixed ? ['--ignore-unfixed'] : []),
    ...databaseArguments(told),
  ]
}

/** The words for Trivy about its databases. */
export function databaseArguments({ cacheDir, offline, dbRepository }: TrivyDatabases): string[] {
  return [
    ...(cacheDir === undefined ? [] : [`--cache-dir=${cacheDir}`]),
    ...(offline ? ['--skip-db-update', '--skip-java-db-update', '--offline-scan'] : []),
    ...(dbRepository === undefined ? [] : [`--db-repository=${dbRepository}`]),
  ]
}
