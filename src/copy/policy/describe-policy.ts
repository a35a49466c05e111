import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { ImageSource, Reference } from '../../transports/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import type { SessionOptions } from '../session.ts'
import { checkSelection } from './check-selection.ts'
import { openPolicyGuard } from './open-policy-guard.ts'
import type { PolicyGuard } from './policy-guard.ts'

/** What the trust policy says of an image. */
export interface PolicyDescription {
  /** Absent where the policy cannot be used, as `problem` says. */
  readonly file?: string
  /** What decides: `default`, a transport (`docker:`), or a scope of it (`docker: quay.io/a`); several where the image goes by several names. */
  readonly scopes: readonly string[]
  /** The types of all that is asked for. */
  readonly requirements: readonly string[]
  /** Whether all of the image meets that. */
  readonly met: boolean
  /** Why it does not, or cannot be told to. */
  readonly problem?: string
}

/** `undefined` where no policy is there. What fails is told. */
export async function describePolicy(
  root: Node,
  source: ImageSource,
  reference: Reference,
  reader: ManifestReader,
  { policy, signal }: Pick<SessionOptions, 'policy' | 'signal'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PolicyDescription | undefined> {
  let guard: PolicyGuard | undefined
  try {
    guard = await openPolicyGuard(policy, reference, source, environment)
    if (guard === undefined) return undefined
    await guard.admit()
    if (root.kind === 'manifest') await guard.check(root, reader, signal)
    else await checkSelection(guard, { root }, root, reader, signal)
    return { ...said(guard), met: true }
  } catch (error) {
    if (signal?.aborted || !(error instanceof LadingError)) throw error
    return { ...said(guard), met: false, problem: problemOf(error) }
  }
}

/** Of a file that cannot be read the error names the file apart. */
function problemOf({ code, subject, message }: LadingError): string {
  return code === 'bad-config' && subject !== undefined ? `${subject}: ${message}` : message
}

function said(guard: PolicyGuard | undefined): Pick<PolicyDescription, 'file' | 'scopes' | 'requirements'> {
  if (guard === undefined) return { scopes: [], requirements: [] }
  const { file, applied } = guard
  return {
    file,
    scopes: applied.map(({ transport, scope }) =>
      transport === undefined ? 'default' : `${transport}:${scope === '' ? '' : ` ${scope}`}`,
    ),
    requirements: applied.flatMap(({ requirements }) => requirements.map(({ type }) => type)),
  }
}
