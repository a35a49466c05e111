import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileTagPattern } from '../../src/copy/sync/tag-pattern.ts'
import { compileVersionConstraint } from '../../src/copy/sync/version-constraint.ts'
import { copyImage, listTags } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { filesBelow, fixtures, lading, newFolder } from './lading.ts'

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
const manyLayers = `oci:${path.join(fixtures, 'oci/many-layers')}`
const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']

const versions = (
  '1 1.2 1.2.0 1.2.3 v1.2.4 1.3.0 1.10.0 2 2.0.0 2.1.5 2.1.5-alpine 2.1.6-rc.1 2.1.6-rc.10 3.12 3.12.1 4.0.0 0.1.0 0.0.3 0.0.4 0.2.5 ' +
  '1.2.3-beta.2 1.2.3-beta.11 1.2.3-BETA 01.2.3 1.2.3.4 1.2.3-01 20240101 20240101-slim latest edge v2-alpine'
).split(' ')

describeWithServices(['docker-registry', 'skopeo'], 'skopeo sync and ours', () => {
  let registry: RegistryServer
  beforeAll(async () => {
    registry = await startRegistry()
    for (const tag of ['v1', 'v2', '1.13.1-alpine-perl']) await copyImage(hello, `${registry.host}/team/app:${tag}`)
    await copyImage(manyLayers, `${registry.host}/other/layers:latest`)
    for (const tag of versions) await copyImage(hello, `${registry.host}/versions:${tag}`)
  })
  afterAll(() => registry.stop())

  /** Every file below a folder and what is in it; what lading keeps beside an image is not part of it. */
  async function treeOf(folder: string) {
    const files = (await filesBelow(folder)).filter(file => !file.split('/').includes('lading'))
    return Object.fromEntries(
      await Promise.all(files.map(async file => [file, await readFile(path.join(folder, file), 'latin1')] as const)),
    )
  }

  async function bothTo(args: (folder: string) => readonly string[]) {
    const folder = await newFolder()
    const [ours, theirs] = [path.join(folder, 'ours'), path.join(folder, 'theirs')]
    const { code, stderr } = await lading(['sync', ...args(ours)])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await peer('skopeo').run(['sync', ...plain, ...args(theirs)])
    const tree = await treeOf(ours)
    expect(tree).toEqual(await treeOf(theirs))
    return Object.keys(tree)
  }

  test.each([[[]], [['--scoped']], [['--append-suffix', '-mirror']]])('give the same directories %j', async options => {
    const repository = `${registry.host}/team/app`
    const files = await bothTo(folder => ['--src=docker', '--dest=dir', '--all', ...options, repository, folder])
    expect(files.filter(file => file.endsWith('/manifest.json'))).toHaveLength(3)
  })

  test('give the same of one tag, and of one digest', async () => {
    await bothTo(folder => ['--src=docker', '--dest=dir', '--all', `${registry.host}/team/app:v2`, folder])
    const { digest } = await copyImage(hello, `${registry.host}/team/app:v1`)
    await bothTo(folder => ['--src=docker', '--dest=dir', '--all', `${registry.host}/team/app@${digest}`, folder])
  })

  test('give the same of a file', async () => {
    const { digest } = await copyImage(hello, `${registry.host}/team/app:v1`)
    const file = path.join(await newFolder(), 'sync.yml')
    await writeFile(
      file,
      `${registry.host}:
  tls-verify: false
  images:
    other/layers: []
    team/app: [v2, "${digest}"]
  images-by-tag-regex:
    team/app: ^1\\.13\\.[12]-alpine-perl$
  images-by-semver:
    versions: ">= 3.12, < 4 || 1.10"
`,
    )
    const files = await bothTo(folder => ['--src=yaml', '--dest=dir', '--all', '--scoped', file, folder])
    expect(files.filter(name => name.endsWith('/manifest.json')).length).toBe(7)
  })

  test('push the same from a directory', async () => {
    const folder = await newFolder()
    const images = path.join(folder, 'images')
    await lading(['sync', '--scoped', `docker://${registry.host}/team/app`, `dir:${images}/deep`])
    // no directory of a scoped name has a place in a registry: a port is no part of a repository
    const source = path.join(images, 'deep', registry.host)
    for (const [place, options] of [
      ['plain', []],
      ['scoped', ['--scoped']],
    ] as const) {
      const args = (name: string) => [
        '--src=dir',
        '--dest=docker',
        '--all',
        ...options,
        source,
        `${registry.host}/${place}/${name}/`,
      ]
      expect((await lading(['sync', ...args('ours')])).code).toBe(0)
      await peer('skopeo').run(['sync', ...plain, ...args('theirs')])
      const repository = place === 'plain' ? 'app' : 'team/app'
      const tagsOf = (name: string) => Array.fromAsync(listTags(`${registry.host}/${place}/${name}/${repository}`))
      expect(await tagsOf('ours')).toEqual(await tagsOf('theirs'))
      expect(await tagsOf('ours')).toHaveLength(3)
    }
  })

  test('write the same file of digests', async () => {
    const folder = await newFolder()
    const digests = async (name: string) => (await readFile(path.join(folder, name), 'utf8')).split('\n').sort()
    const args = (name: string) => [
      ...['--src=docker', '--dest=docker', '--all', '--digestfile', path.join(folder, name)],
      ...[`${registry.host}/team/app`, `${registry.host}/digests`],
    ]
    expect((await lading(['sync', ...args('ours')])).code).toBe(0)
    await peer('skopeo').run(['sync', ...plain, ...args('theirs')])
    expect(await digests('ours')).toEqual(await digests('theirs'))
  })

  /** The tags that skopeo would copy. */
  async function chosenBySkopeo(key: string, expression: string): Promise<string[]> {
    const file = path.join(await newFolder(), 'sync.yml')
    await writeFile(file, JSON.stringify({ [registry.host]: { 'tls-verify': false, [key]: { versions: expression } } }))
    const args = ['sync', ...plain, '--dry-run', '--src=yaml', '--dest=docker', file, `${registry.host}/dry`]
    const { stderr } = await peer('skopeo').attempt(args)
    return [...stderr.matchAll(/from="docker:\/\/[^"]*\/versions:([^"]*)"/g)].map(([, tag = '']) => tag).sort()
  }

  describe.each([
    [
      'images-by-semver',
      compileVersionConstraint,
      [
        ...[
          '*',
          '>= 3.12.0',
          '>=1.2, <2',
          '>=1.2 <2',
          '1.2',
          '=1.2.3',
          'v1.2.4',
          '1.x',
          '1.2.X',
          '~1',
          '~1.2',
          '~1.2.3',
          '~>1.2',
          '~0.0.0',
        ],
        ...[
          '^1',
          '^1.2',
          '^1.2.3',
          '^0.2.3',
          '^0.0.3',
          '^0.0',
          '^0',
          '!=1.2.3',
          '!=1.2',
          '!=1',
          '>1',
          '>1.2',
          '>1.2.3',
          '<2',
          '<2.1',
          '<=1',
        ],
        ...[
          '<=1.2',
          '<=2.1.5',
          '=>3',
          '=<1.2.3',
          '1.2 - 2.0',
          '1.2.3 - 2.1.5 || 4',
          '>=2.1.5-0',
          '>=1.2.3-beta.3',
          '~2.1.5-0',
          '^2.1.6-rc.2',
        ],
        ...[
          '=2.1.5-alpine',
          '>=2.1.6-rc.2, <3',
          '>=1.2.3-BETA <1.3',
          '>20000000',
          '2.1.5-alpine || 1.2.3-beta.2',
          '!=2.1.5-alpine',
          '<=2.1.x',
        ],
      ],
    ],
    [
      'images-by-tag-regex',
      compileTagPattern,
      [
        '^1',
        '(?i)BETA',
        '[[:alpha:]]+$',
        String.raw`\-alpine$`,
        String.raw`\A2\z`,
        '(?P<a>rc)',
        '^v?2',
        String.raw`\Q1.2.3.\E`,
        '',
      ],
    ],
  ] as const)('%s', (key, compile, expressions) => {
    test.each(expressions)('choose the same by %o', async expression => {
      expect(versions.filter(compile(expression)).sort()).toEqual(await chosenBySkopeo(key, expression))
    })
  })
})
