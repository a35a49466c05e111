import { isLadingError } from '../../errors/index.ts'
import type { CheckName, CheckState, DoctorCheck, Finding } from './doctor-report.ts'

/** Makes a check. Where it cannot be made, that is what it found: the others are made all the same. */
export async function attemptCheck(
  name: CheckName,
  make: () => Promise<Finding>,
  { otherwise = 'failed', signal }: { readonly otherwise?: CheckState; readonly signal: AbortSignal },
): Promise<DoctorCheck> {
  try {
    return { name, ...(await make()) }
  } catch (error) {
    if (signal.aborted || !isLadingError(error)) throw error
    const { code, operation, subject, message, hint } = error
    const where = [operation, subject].filter(part => part !== undefined).join(' ')
    const said = where === '' ? message : `${where}: ${message}`
    return { name, state: otherwise, code, message: said, ...(hint === undefined ? {} : { hint }) }
  }
}
