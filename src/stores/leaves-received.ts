import { isLadingError } from '../errors/index.ts'

/**
 * Whether what was received of content stays after a failure, for whoever goes on with it: where its bytes were not wrong, there is room, and nobody
 * wanted it ended.
 */
export function leavesReceived(error: unknown): boolean {
  return isLadingError(error, 'network', 'timeout', 'server-error', 'rate-limited')
}
