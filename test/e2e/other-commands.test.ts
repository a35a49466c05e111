import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { filesBelow, lading, newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
const platforms = [{ os: 'linux', architecture: 'amd64' }]

describeWithServices(['docker-registry', 'skopeo'], 'skopeo and we delete the same', () => {
  test('of a registry: the manifest, with every tag of it', async () => {
    await using registry = await startRegistry()
    const skopeo = peer('skopeo')
    const inspect = (name: string) =>
      skopeo.attempt(['inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/${name}`])
    for (const name of ['ours:v1', 'ours:same', 'theirs:v1', 'theirs:same'])
      await copyImage(image, `${registry.host}/${name}`)
    for (const repository of ['ours', 'theirs']) {
      await copyImage(image, `${registry.host}/${repository}:amd64`, { platforms })
    }
    const { code, stdout } = await lading(['delete', '--output', 'json', `${registry.host}/ours:v1`])
    expect(code).toBe(0)
    const { digest } = JSON.parse(stdout)
    await skopeo.run(['delete', '--tls-verify=false', `docker://${registry.host}/theirs:v1`])
    for (const name of ['v1', 'same', `@${digest}`, 'amd64']) {
      const [ours, theirs] = await Promise.all(
        ['ours', 'theirs'].map(repository => inspect(`${repository}${name.startsWith('@') ? '' : ':'}${name}`)),
      )
      expect(ours?.code).toBe(name === 'amd64' ? 0 : 2)
      expect(theirs?.code).toBe(ours?.code)
    }
    expect((await lading(['delete', `${registry.host}/ours:v1`])).code).toBe(2)
  })

  test('of an OCI layout: the entry, and the blobs that no other needs', async () => {
    const folder = await newFolder()
    const layouts = ['ours', 'theirs'].map(name => path.join(folder, name))
    for (const layout of layouts) {
      await copyImage(image, `oci:${layout}:all`)
      await copyImage(image, `oci:${layout}:amd64`, { platforms })
      await copyImage(image, `oci:${layout}:arm64`, { platforms: [{ os: 'linux', architecture: 'arm64' }] })
    }
    const [ours = '', theirs = ''] = layouts
    const left = async (layout: string) => [
      (await filesBelow(layout)).filter(file => !file.startsWith('lading/')),
      JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8')),
    ]
    for (const name of ['all', 'arm64', 'amd64']) {
      expect((await lading(['delete', `oci:${ours}:${name}`])).stderr).toBe('')
      await peer('skopeo').run(['delete', `oci:${theirs}:${name}`])
      expect(await left(ours)).toEqual(await left(theirs))
    }
    expect((await filesBelow(path.join(ours, 'blobs'))).length).toBe(0)
  })
})

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
