import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { lading, newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
const platforms = [{ os: 'linux', architecture: 'amd64' }]

describeWithServices(['docker-registry', 'skopeo'], 'skopeo and we tell the same', () => {
  test('tags of a registry', async () => {
    await using registry = await startRegistry()
    for (const tag of ['v1', 'v10', 'v2', 'latest']) await copyImage(image, `${registry.host}/team/app:${tag}`)
    const theirs = await peer('skopeo').run(['list-tags', '--tls-verify=false', `docker://${registry.host}/team/app`])
    const { Repository: repository, Tags: tags } = JSON.parse(theirs)
    const ours = await lading(['list-tags', '--output', 'json', `docker://${registry.host}/team/app`])
    expect(JSON.parse(ours.stdout)).toEqual({ repository, tags })
  })

  test('names in an archive', async () => {
    const archive = `docker-archive:${path.join(await newFolder(), 'a.tar')}`
    await copyImage(image, `${archive}:app:v1`, { platforms, additionalTags: ['b:v2'] })
    const { Tags: tags } = JSON.parse(await peer('skopeo').run(['list-tags', archive]))
    expect((await lading(['list-tags', archive])).stdout).toBe(tags.map((tag: string) => `${tag}\n`).join(''))
  })

  test.each([
    ['a manifest', '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'],
    ['an index', '{"schemaVersion":2,"manifests":[]}\n'],
    ['anything', 'hello'],
    // neither of us looks at the signature itself
    ['signed schema 1', signedSchema1('{\n   "schemaVersion": 1,\n   "name": "library/app",\n   "tag": "v1"\n}')],
  ])('the digest of %s', async (_, content) => {
    const file = path.join(await newFolder(), 'manifest.json')
    await writeFile(file, content)
    expect((await lading(['manifest-digest', file])).stdout.trim()).toBe(
      (await peer('skopeo').run(['manifest-digest', file])).trim(),
    )
  })
})

function signedSchema1(payload: string): string {
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const header = encode(JSON.stringify({ formatLength: payload.length - 2, formatTail: encode('\n}') }))
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const signatures = [{ header: { jwk, alg: 'ES256' }, signature: 'AA', protected: header }]
  return `${payload.slice(0, -2)},\n   "signatures": ${JSON.stringify(signatures)}\n}`
}
