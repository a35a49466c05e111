import { expect, test } from 'vitest'
import { flatCopies } from './flat-copies.ts'

test.runIf(process.platform === 'linux')(
  'copies leave no descriptor and no socket behind',
  { timeout: 120_000 },
  async () => {
    const samples = await flatCopies({ copies: 300, sampleEvery: 60 })
    const [first, ...later] = samples
    expect(later).toHaveLength(4)
    for (const { descriptors, sockets } of later) {
      expect(descriptors).toBeLessThanOrEqual((first?.descriptors ?? 0) + 4)
      expect(sockets).toBeLessThanOrEqual((first?.sockets ?? 0) + 2)
    }
  },
)
