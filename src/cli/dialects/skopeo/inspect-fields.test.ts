import { expect, test } from 'vitest'
import { goJson } from '../../../model/go-json.ts'
import { configFields, inspectFields } from './inspect-fields.ts'

const digest = `sha256:${'a'.repeat(64)}` as const
const image = {
  reference: 'x',
  digest,
  mediaType: 'm',
  size: 1,
  kind: 'manifest',
  annotations: {},
  raw: new Uint8Array(),
  platforms: [],
} as const
const bytes = (config: unknown) => new TextEncoder().encode(JSON.stringify(config))
const shown = (config: unknown) =>
  JSON.parse(
    goJson(
      inspectFields(
        image,
        { digest, mediaType: 'm', size: 1, layers: [], configBytes: bytes(config) },
        { name: 'quay.io/a/b', tags: ['v1'] },
      ),
    ),
  )

test('what a configuration says is shown', () => {
  expect(
    shown({
      created: '2024-05-01T10:00:00.120000000Z',
      docker_version: '28.1',
      architecture: 'arm64',
      os: 'linux',
      config: { Labels: { b: '2', a: '1' }, Env: ['PATH=/bin'] },
    }),
  ).toEqual({
    Name: 'quay.io/a/b',
    Digest: digest,
    RepoTags: ['v1'],
    Created: '2024-05-01T10:00:00.12Z',
    DockerVersion: '28.1',
    Labels: { a: '1', b: '2' },
    Architecture: 'arm64',
    Os: 'linux',
    Layers: [],
    LayersData: [],
    Env: ['PATH=/bin'],
  })
})

test('what it does not say is empty, as Go has it', () => {
  const nothing = { Created: null, DockerVersion: '', Labels: null, Architecture: '', Os: '', Env: null }
  expect(shown({})).toMatchObject(nothing)
  expect(shown({ created: 5, config: [], os: null })).toMatchObject(nothing)
})

test('of a configuration the fields of the OCI specification are shown, in its order', () => {
  const config = {
    os: 'linux',
    architecture: 'arm',
    variant: 'v7',
    docker_version: 'left out',
    config: {
      Volumes: { '/b': {}, '/a': {} },
      ExposedPorts: { '80/tcp': {} },
      Cmd: ['a<b'],
      ArgsEscaped: true,
      User: '',
    },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created_by: 'x', empty_layer: true }, {}],
  }
  expect(goJson(configFields(bytes(config)))).toBe(
    '{"architecture":"arm","os":"linux","variant":"v7",' +
      '"config":{"ExposedPorts":{"80/tcp":{}},"Cmd":["a\\u003cb"],"Volumes":{"/a":{},"/b":{}},"ArgsEscaped":true},' +
      `"rootfs":{"type":"layers","diff_ids":["${digest}"]},"history":[{"created_by":"x","empty_layer":true},{}]}`,
  )
})
