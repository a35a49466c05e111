import type { CopyListener } from '../../copy/events.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { compileImagePattern } from '../image-pattern.ts'
import { attemptCheck } from './attempt-check.ts'
import { checkConfiguration } from './check-configuration.ts'
import { checkLayout } from './check-layout.ts'
import { checkChunks, checkLeases, checkTrash, checkUploads } from './check-leftovers.ts'
import type { DoctorCheck, DoctorReport } from './doctor-report.ts'
import { examineImages, type ImagesExamined } from './examine-images.ts'
import { probeStore } from './probe-store.ts'

export interface ExamineOptions {
  readonly verify: boolean
  readonly readOnly: boolean
  readonly jobs: number
  readonly listen: CopyListener
  /** What the store has said so far. */
  readonly warnings: () => readonly string[]
  readonly signal: AbortSignal
}

const notProbed: readonly DoctorCheck[] = (['permissions', 'conditions', 'clock'] as const).map(name => ({
  name,
  state: 'skipped',
  message: 'nothing is written',
}))

/**
 * Makes every check, in the order in which one reads them.
 *
 * @param path what follows the bucket's root; with one, what concerns the bucket as a whole is not looked at
 */
export async function examineBucket(
  store: ObjectStore,
  path: string,
  options: ExamineOptions,
): Promise<Omit<DoctorReport, 'bucket'>> {
  const { signal } = options
  const layout = await attemptCheck('layout', () => checkLayout(store, signal), { signal })
  if (layout.state === 'failed') return report([{ ...layout, name: 'access' }])

  const probe = options.readOnly ? undefined : await probeStore(store, options.warnings, signal)
  const now = probe?.now ?? new Date()
  const configuration = await attemptCheck('configuration', () => checkConfiguration(store, signal), { signal })
  const checks: DoctorCheck[] = [
    { name: 'access', state: 'ok', message: 'the bucket can be listed' },
    ...(probe?.checks ?? notProbed),
    layout,
    configuration,
  ]

  let examined: ImagesExamined | undefined
  const pattern = await compileImagePattern(path)
  const images = await attemptCheck(
    'tags',
    async () => {
      examined = await examineImages(store, pattern, { ...options, now, whole: path === '' })
      return examined.tagsFinding
    },
    { signal },
  )
  checks.push(images, ...(examined?.checks ?? []))
  if (path === '') {
    const optional = { signal, otherwise: 'note' } as const
    checks.push(await attemptCheck('chunks', () => checkChunks(store, signal), optional))
    checks.push(await attemptCheck('trash', () => checkTrash(store, signal), optional))
    checks.push(await attemptCheck('uploads', () => checkUploads(store, now, signal), optional))
    checks.push(await attemptCheck('leases', () => checkLeases(store, now, signal), optional))
  }
  return report(checks, examined)
}

function report(checks: readonly DoctorCheck[], examined?: ImagesExamined): Omit<DoctorReport, 'bucket'> {
  const { tags, incomplete = [], damaged = [], verified } = examined ?? {}
  return {
    healthy: checks.every(({ state }) => state !== 'failed'),
    checks,
    ...(tags === undefined ? {} : { tags }),
    incomplete,
    damaged,
    ...(verified === undefined ? {} : { verified }),
  }
}
