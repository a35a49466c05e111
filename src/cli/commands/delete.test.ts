import { expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { DeleteResult } from '../../copy/index.ts'

const inRegistry = { reference: 'docker.io/library/a:v1', digest: digestOfLetter('a') }
const inDocker = { reference: 'docker-daemon:docker.io/library/a:v1' }

async function run(deleted: DeleteResult, ...argv: string[]) {
  const calls: unknown[] = []
  const { exit, stdout } = await runLading(['delete', ...argv], {
    library: {
      async deleteImage(reference, { signal: _, ...options } = {}) {
        calls.push(reference, options)
        return deleted
      },
    },
  })
  return { exit, stdout, calls }
}

test('says what is gone', async () => {
  expect(await run(inRegistry, 'a:v1')).toEqual({
    exit: 0,
    stdout: `deleted docker.io/library/a:v1 (${inRegistry.digest})\n`,
    calls: ['a:v1', { destinationServer: {} }],
  })
  expect((await run(inDocker, 'docker-daemon:a:v1')).stdout).toBe(`deleted ${inDocker.reference}\n`)
})

test('prints JSON, and passes on how the place is reached', async () => {
  const options = ['--daemon-host', 'http://localhost:1', '--tls-verify=false', '--authfile=auth.json']
  const { stdout, calls } = await run(inRegistry, 'a:v1', '--output=json', ...options)
  expect(JSON.parse(stdout)).toEqual(inRegistry)
  expect(calls[1]).toEqual({
    destinationServer: { authFile: 'auth.json', tlsVerify: false },
    destinationDaemonHost: 'http://localhost:1',
  })
})
