import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { abandonable } from './abandonable.ts'

test('work that fails after it was given up fails nothing else', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  const { promise, reject } = Promise.withResolvers<never>()
  await expect(abandonable(promise, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up')
  reject(new Error('too late'))
  await setImmediate()
  expect(unhandled).not.toHaveBeenCalled()
})
