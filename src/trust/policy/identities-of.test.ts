import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseReference } from '../../transports/index.ts'
import { identitiesOf } from './identities-of.ts'
import { parsePolicy } from './parse-policy.ts'
import { requirementsFor } from './requirements-for.ts'

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'lading-scopes-')))
afterAll(() => rm(folder, { recursive: true }))
await mkdir(path.join(folder, 'images/app'), { recursive: true })
await symlink(path.join(folder, 'images'), path.join(folder, 'link'))

const digest = `sha256:${'a'.repeat(64)}`
const id = 'c'.repeat(64)

/** Whether an image is rejected by a policy that rejects one scope, and accepts all else. */
async function rejects(transport: string, scope: string, reference: string): Promise<boolean> {
  const rejecting = await typesOf(reference, { [transport]: { [scope]: 'reject' } })
  return rejecting.includes('reject')
}

async function typesOf(
  reference: string,
  transports: Record<string, Record<string, string>>,
  fallback = 'insecureAcceptAnything',
): Promise<string[]> {
  const lists = Object.entries(transports).map(([transport, scopes]) => [
    transport,
    Object.fromEntries(Object.entries(scopes).map(([scope, type]) => [scope, [{ type }]])),
  ])
  const document = { default: [{ type: fallback }], transports: Object.fromEntries(lists) }
  const policy = parsePolicy(JSON.stringify(document), 'policy.json')
  const applied = requirementsFor(policy, await identitiesOf(parseReference(reference), policy))
  return applied.flatMap(({ requirements }) => requirements.map(({ type }) => type))
}

describe('an image has the scope', () => {
  test.each([
    ['docker', '', 'docker://alpine'],
    ['docker', 'docker.io/library/alpine:latest', 'docker://alpine'],
    ['docker', 'docker.io/library/alpine', 'docker://alpine:3'],
    ['docker', 'docker.io/library', 'docker://alpine'],
    ['docker', 'docker.io', 'docker://alpine'],
    ['docker', '*.io', 'docker://alpine'],
    ['docker', '*.example.com', 'docker://a.b.example.com/x'],
    ['docker', '*.b.example.com', 'docker://a.b.example.com/x'],
    ['docker', '*.example.com', 'docker://a.example.com:5000/x'],
    ['docker', 'localhost:5000', 'docker://localhost:5000/a/b:c'],
    ['docker', `quay.io/a/b@${digest}`, `docker://quay.io/a/b@${digest}`],
    ['docker-daemon', '', `docker-daemon:sha256:${id}`],
    ['docker-daemon', 'docker.io/library/app:v1', 'docker-daemon:app:v1'],
    ['docker-daemon', 'docker.io/library/app', 'docker-daemon:app:v1'],
    ['docker-daemon', '*.io', 'docker-daemon:app:v1'],
    ['docker-archive', '', 'docker-archive:/srv/images.tar:app:v1'],
    ['tarball', '', 'tarball:/srv/layer.tar'],
    ['dir', `${folder}/images/app`, `dir:${folder}/images/app`],
    ['dir', folder, `dir:${folder}/images/app`],
    ['dir', folder, `dir:${folder}/not/there/yet`],
    ['oci', `${folder}/images/app`, `oci:${folder}/images/app:v1`],
    ['oci', `${folder}/images`, `oci:${folder}/images/app`],
    ['oci-archive', `${folder}/images`, `oci-archive:${folder}/images/app.tar:v1`],
    ['sif', `${folder}/images`, `sif:${folder}/images/app.sif`],
    ['containers-storage', '[overlay@/s]docker.io/library/app:v1', 'containers-storage:[overlay@/s+/r]app:v1'],
    ['containers-storage', '[overlay@/s]docker.io/library/app:latest', 'containers-storage:[overlay@/s]app'],
    ['containers-storage', '[overlay@/s]docker.io/library', 'containers-storage:[overlay@/s]app:v1'],
    ['containers-storage', '[overlay@/s]', 'containers-storage:[overlay@/s]app:v1'],
    ['containers-storage', '[/s]', 'containers-storage:[overlay@/s]app:v1'],
    ['containers-storage', `[overlay@/s]@${id}`, `containers-storage:[overlay@/s]@${id}`],
    ['containers-storage', `[overlay@/s]docker.io/library/app:v1@${id}`, `containers-storage:[overlay@/s]app:v1@${id}`],
    ['containers-storage', '[overlay@/s]docker.io/library/app:v1', `containers-storage:[overlay@/s]app:v1@${id}`],
    ['s3', 'bucket/org/app:v1', 's3://bucket/org/app:v1'],
    ['s3', 'bucket/org/app', 's3://bucket/org/app:v1'],
    ['s3', 'bucket/org', 's3://bucket/org/app:v1'],
    ['s3', 'bucket', 's3://bucket/org/app:v1'],
    ['s3', '', 's3://bucket/org/app:v1'],
    ['s3', `bucket/app@${digest}`, `s3://bucket/app@${digest}`],
    ['gs', 'bucket/some/prefix//org/app:v1', 'gs://bucket/some/prefix//org/app:v1'],
    ['gs', 'bucket/some/prefix//org', 'gs://bucket/some/prefix//org/app:v1'],
    ['gs', 'bucket/some/prefix', 'gs://bucket/some/prefix//org/app:v1'],
    ['az', 'bucket/some', 'az://bucket/some/prefix//org/app:v1'],
    ['s3', 'constructor', 's3://constructor/app:v1'],
    ['local', `${folder}/images//org/app:v1`, `local://${folder}/images//org/app:v1`],
    ['local', `${folder}/images//org`, `local://${folder}/images//org/app:v1`],
    ['local', `${folder}/images`, `local://${folder}/images//org/app:v1`],
    ['local', folder, `local://${folder}/images//org/app:v1`],
  ])('%s %j: %s', async (transport, scope, reference) => {
    expect(await rejects(transport, scope, reference)).toBe(true)
  })

  test.each([
    ['docker', 'docker.io/library/alpine:3', 'docker://alpine'],
    ['docker', 'docker.io/library/alp', 'docker://alpine'],
    ['docker', '*.example.com', 'docker://example.com/x'],
    ['docker', 'quay.io', 'docker://localhost:5000/a/b:c'],
    ['docker-daemon', 'app', 'docker-daemon:app:v1'],
    ['docker-daemon', '', 'docker-archive:/srv/images.tar'],
    ['oci', `${folder}/images/app:v1`, `oci:${folder}/images/app:v1`],
    ['oci', `${folder}/images/ap`, `oci:${folder}/images/app`],
    ['s3', 'bucket/or', 's3://bucket/org/app:v1'],
    ['s3', 'bucket', 'gs://bucket/app:v1'],
    ['s3', 'bucket/org/app', 's3://bucket/org/app2:v1'],
    ['containers-storage', '[vfs@/s]', 'containers-storage:[overlay@/s]app:v1'],
  ])('but not %s %j: %s', async (transport, scope, reference) => {
    expect(await rejects(transport, scope, reference)).toBe(false)
  })

  test('and the narrowest of several decides', async () => {
    const transports = { docker: { '': 'reject', 'quay.io': 'reject', 'quay.io/a': 'insecureAcceptAnything' } }
    expect(await typesOf('docker://quay.io/a/b:1', transports, 'reject')).toEqual(['insecureAcceptAnything'])
    expect(await typesOf('docker://quay.io/b:1', transports)).toEqual(['reject'])
    expect(await typesOf('docker://ghcr.io/b:1', transports)).toEqual(['reject'])
    expect(await typesOf('dir:/srv', transports)).toEqual(['insecureAcceptAnything'])
  })
})

describe('a narrower scope is not gone round by', () => {
  test.each([
    ['a tag beside the digest', 'docker', 'quay.io/a/b:1', `docker://quay.io/a/b:1@${digest}`],
    ['a digest beside the tag', 'docker', `quay.io/a/b@${digest}`, `docker://quay.io/a/b:1@${digest}`],
    ['upper case', 'docker', 'quay.io/a', 'docker://QUAY.io/a/b:1'],
    ['the port of HTTPS', 'docker', 'quay.io/a', 'docker://quay.io:443/a/b:1'],
    ['a port with zeros before it', 'docker', 'registry.example.com:5000', 'docker://registry.example.com:05000/a:1'],
    ['the port of HTTPS with zeros before it', 'docker', 'quay.io/a', 'docker://quay.io:0443/a/b:1'],
    ['another way to write an address', 'docker', '127.0.0.1:5000', 'docker://127.1:5000/a:1'],
    ['another way to write an address of IPv6', 'docker', '[::1]:5000', 'docker://[0:0::1]:5000/a:1'],
    ['the port of HTTP', 'docker', 'quay.io/a', 'docker://quay.io:80/a/b:1'],
    ['another host of Docker Hub', 'docker', 'docker.io/library', 'docker://registry-1.docker.io/library/alpine'],
    ['the old host of Docker Hub', 'docker', 'docker.io/library', 'docker://INDEX.docker.io/library/alpine'],
    ['a symbolic link', 'dir', `${folder}/images`, `dir:${folder}/link/app`],
    ['a symbolic link to a bucket', 'local', `${folder}/images//app`, `local://${folder}/link//app:v1`],
    ['dots', 'oci', `${folder}/images`, `oci:${folder}/images/../images/app`],
    ['a name in the layout', 'oci', `${folder}/images/app`, `oci:${folder}/images/app:v1`],
    ['a tag beside the digest in a bucket', 's3', 'bucket/app:v1', `s3://bucket/app:v1@${digest}`],
    ['a mark that goes without saying', 's3', 'bucket/app:v1', 's3://bucket//app:v1'],
    [
      'a storage that is not named',
      'containers-storage',
      '[overlay@/s]docker.io/library/app',
      'containers-storage:app:v1',
    ],
    [
      'a driver that is not named',
      'containers-storage',
      '[overlay@/s]docker.io/library/app',
      'containers-storage:[/s]app:v1',
    ],
  ])('%s', async (_, transport, scope, reference) => {
    expect(await rejects(transport, scope, reference)).toBe(true)
  })

  test('names that nothing narrower is said of', async () => {
    const transports = { docker: { 'quay.io:443': 'insecureAcceptAnything', '': 'reject' } }
    expect(await typesOf('docker://quay.io:443/a/b:1', transports)).toEqual(['insecureAcceptAnything'])
  })

  test('a name that is allowed, where what it stands for is not', async () => {
    const transports = { docker: { 'QUAY.io': 'insecureAcceptAnything', 'quay.io': 'reject' } }
    expect(await typesOf('docker://QUAY.io/a/b:1', transports)).toEqual(['insecureAcceptAnything', 'reject'])
  })
})
