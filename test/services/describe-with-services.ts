import { beforeAll, describe } from 'vitest'
import { engineRefusal } from './engine-refusal.ts'
import { missingServices } from './missing-services.ts'
import { findService, isEngine, type ServiceName } from './peer.ts'

/**
 * A `describe` whose tests need these services, and where they are engines, a machine that lets them run.
 *
 * Where one is missing they are skipped, and their names say which; with `REQUIRE_SERVICES=1` they fail instead. What the machine
 * refuses nobody can install: those are skipped, and their names say why. It wraps the whole block because vitest runs `beforeAll`,
 * where servers are started, before a test can skip itself.
 */
export function describeWithServices(names: readonly ServiceName[], title: string, body: () => void): void {
  const missing = missingServices(names, findService)
  const reason = missing ?? (names.some(isEngine) ? engineRefusal() : undefined)
  if (reason === undefined) {
    describe(title, body)
  } else if (missing !== undefined && process.env.REQUIRE_SERVICES === '1') {
    describe(title, () => {
      beforeAll(() => {
        throw new Error(reason)
      })
      body()
    })
  } else {
    describe.skip(`${title} [${reason}]`, body)
  }
}
