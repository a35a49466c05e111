import { LadingError } from '../../../errors/index.ts'
import type { PolicyChoice } from '../../../trust/index.ts'
import type { CommandContext } from '../../context.ts'
import type { SkopeoGlobals } from './globals.ts'

/**
 * The trust policy that was asked for. It is read before anything else, as skopeo does: without one nothing is copied.
 *
 * @throws LadingError `bad-config`
 */
export async function requiredPolicy(
  { insecurePolicy, policy: file }: SkopeoGlobals,
  { env }: CommandContext,
): Promise<PolicyChoice> {
  if (insecurePolicy) return 'accept-anything'
  const { readPolicy } = await import('../../../trust/index.ts')
  const choice = { required: true, ...(file ? { file } : {}) }
  try {
    await readPolicy(choice, env)
    return choice
  } catch (error) {
    if (!(error instanceof LadingError)) throw error
    const { code, message, hint, subject } = error
    const where = subject === undefined ? '' : `${subject}: `
    throw new LadingError(code, `Error loading trust policy: ${where}${message}`, { hint, cause: error })
  }
}
