import { expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'
import { LadingError } from '../../errors/index.ts'

function listTags(found: readonly string[], ...argv: string[]) {
  const library = {
    async *listTags() {
      yield* found
    },
  }
  return runLading(['list-tags', ...argv], { library })
}

test('prints a tag a line, and no tag moves the cursor', async () => {
  expect(await listTags(['v1', 'v\u001b2'], 'alpine')).toEqual({ exit: 0, stdout: 'v1\nv\ufffd2\n', stderr: '' })
  expect((await listTags([], 'alpine')).stdout).toBe('')
})

test.each([
  ['alpine', 'docker.io/library/alpine'],
  ['docker://127.0.0.1:5000/a/b', '127.0.0.1:5000/a/b'],
  ['docker-archive:a.tar', 'docker-archive:a.tar'],
  ['oci:layout:v1', 'oci:layout'],
  ['oci-archive:a.tar:v1', 'oci-archive:a.tar'],
])('prints JSON, %s as %s', async (name, repository) => {
  expect(JSON.parse((await listTags(['v1', 'v2'], '--output', 'json', name)).stdout)).toEqual({
    repository,
    tags: ['v1', 'v2'],
  })
  expect(JSON.parse((await listTags([], '--output', 'json', name)).stdout)).toEqual({ repository, tags: [] })
})

test('passes on how the registry is reached, and what it fails with', async () => {
  const calls: unknown[] = []
  const { exit, stderr } = await runLading(['list-tags', '--tls-verify=false', '--authfile', 'auth.json', 'alpine'], {
    library: {
      // biome-ignore lint/correctness/useYield: it fails before
      async *listTags(repository, { signal: _, ...options } = {}) {
        calls.push(repository, options)
        throw new LadingError('image-not-found', 'there is no such repository')
      },
    },
  })
  expect(calls).toEqual(['alpine', { sourceServer: { authFile: 'auth.json', tlsVerify: false } }])
  expect(exit).toBe(2)
  expect(stderr).toContain('there is no such repository')
})
