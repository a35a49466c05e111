import { isLadingError } from '../../errors/index.ts'
import { configKey, readBucketConfig } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { Finding } from './doctor-report.ts'

export async function checkConfiguration(store: ObjectStore, signal?: AbortSignal): Promise<Finding> {
  try {
    const [there] = await Promise.all([store.head(configKey, { signal }), readBucketConfig(store, signal)])
    return {
      state: 'ok',
      message: there === undefined ? `there is no ${configKey}; none is needed` : `${configKey} can be read`,
    }
  } catch (error) {
    // Anything else says nothing of the configuration.
    if (!isLadingError(error, 'bad-layout', 'too-large')) throw error
    const { message, hint } = error
    return { state: 'failed', message, ...(hint === undefined ? {} : { hint }) }
  }
}
