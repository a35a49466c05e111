import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runAs } from '../../../../test/cli/run-dialect.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-policy-'))
afterAll(() => rm(folder, { recursive: true }))

const accept = [{ type: 'insecureAcceptAnything' }]
const reject = [{ type: 'reject' }]
const digest = `sha256:${'a'.repeat(64)}`

/** Whether `skopeo` with these words got past a policy that accepts the one scope alone: what it would call then is not there. */
async function passes(transport: string, scope: string, words: readonly string[]): Promise<boolean> {
  const file = path.join(folder, `${words.join('').replaceAll(/\W/g, '')}${scope.replaceAll(/\W/g, '')}.json`)
  await writeFile(file, JSON.stringify({ default: reject, transports: { [transport]: { [scope]: accept } } }))
  const { stderr } = await runAs('skopeo', ['--policy', file, ...words])
  const past = stderr.includes('is not a function')
  if (!past) expect(stderr).toContain('the policy')
  return past
}

describe('a scope is compared with', () => {
  test.each([
    ['docker', 'docker.io/library/alpine', 'docker://alpine', true],
    ['docker', 'docker.io/library/alpine:latest', 'docker://alpine', true],
    ['docker', 'docker.io/library/alpine:3', 'docker://alpine', false],
    ['docker', `quay.io/a/b@${digest}`, `docker://quay.io/a/b@${digest}`, true],
    ['docker', 'localhost:5000', 'docker://localhost:5000/a/b:c', true],
    ['docker', 'quay.io', 'docker://localhost:5000/a/b:c', false],
    ['dir', '/srv', 'dir:/srv/images', true],
    ['oci', '/srv/images:v1', 'oci:/srv/images:v1', true],
    ['oci', '/srv/images:v2', 'oci:/srv/images:v1', false],
    ['oci-archive', '/srv', 'oci-archive:/srv/images.tar', true],
    ['docker-archive', '', 'docker-archive:/srv/images.tar', true],
    ['docker-daemon', '', 'docker-archive:/srv/images.tar', false],
    ['docker-daemon', '', 'docker-daemon:app:v1', true],
    ['docker-daemon', 'app', 'docker-daemon:app:v1', false],
  ])('%s %j and %s', async (transport, scope, reference, passed) => {
    expect(await passes(transport, scope, ['copy', reference, 'dir:/new'])).toBe(passed)
  })

  test.each([
    ['docker', '', 'docker', true],
    ['docker', 'quay.io', 'docker', false],
    ['docker', '', 'yaml', true],
    ['dir', '', 'dir', true],
    ['dir', '/srv', 'dir', false],
    ['dir', '', 'docker', false],
  ])('%s %j and all images of %s', async (transport, scope, source, passed) => {
    expect(await passes(transport, scope, ['sync', '--src', source, '--dest', 'dir', 'x', '/new'])).toBe(passed)
  })
})
