import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { describeWithServices } from './describe-with-services.ts'
import { engineKinds } from './engine-kinds.ts'
import { runProgram } from './engine-process.ts'
import { servicePath } from './peer.ts'

for (const { service, name, start } of engineKinds) {
  describeWithServices([service, 'busybox'], name, () => {
    test('runs a container, and leaves nothing behind', async () => {
      const busybox = servicePath('busybox')
      const files = ['-C', path.dirname(busybox), '-c', path.basename(busybox)]
      const engine = await start()
      try {
        await engine.client(['import', '-', 'tiny:1'], await runProgram('tar', files, { env: {} }))
        const run = ['run', '--rm', '--network', 'none', 'tiny:1', '/busybox', 'echo', 'it runs']
        expect(String(await engine.client(run))).toBe('it runs\n')
      } finally {
        await engine.stop()
      }
      const folder = path.dirname(engine.host.slice('unix://'.length))
      expect(existsSync(folder)).toBe(false)
      expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder)
    })
  })
}
