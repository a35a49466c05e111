import { describe, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { gzippedEmptyLayerDigest } from '../model/empty-layer.ts'
import { dockerLayer, dockerLayerGzip } from '../model/media-types.ts'
import { parseSchema1 } from '../model/schema1.ts'
import { schema1Payload, verifySchema1 } from '../model/schema1-signature.ts'
import { fromSchema1, schema1Layers } from './from-schema1.ts'
import { signSchema1 } from './sign-schema1.ts'
import { toSchema1 } from './to-schema1.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
const [a, b] = [digestOf(encode('a')), digestOf(encode('b'))]
const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }, { created_by: 'c' }]
const config = (more: object = {}) => encode(JSON.stringify({ os: 'linux', architecture: 'arm', history, ...more }))

describe('to schema 1', () => {
  const made = toSchema1('org/app', 'v1', config(), [a, b])

  test('names the repository, and a layer for each step', () => {
    expect(decode(made.bytes)).toMatchObject({ schemaVersion: 1, name: 'org/app', tag: 'v1', architecture: 'arm' })
    expect(made.blobSums).toEqual([a, gzippedEmptyLayerDigest, b])
    expect(made.needsEmptyLayer).toBe(true)
    expect(toSchema1('', '', config({ history: [history[0]] }), [a]).needsEmptyLayer).toBe(false)
  })

  test('and back is the image, whose newest step has no command of its own', () => {
    const schema1 = parseSchema1(made.bytes)
    expect(schema1Layers(schema1).map(({ blobSum }) => blobSum)).toEqual([a, b])
    const back = fromSchema1(schema1, [
      { digest: a, size: 1, diffId: b },
      { digest: b, size: 2, diffId: a, compression: 'none' },
    ])
    expect(decode(back.config)).toMatchObject({ os: 'linux', architecture: 'arm', rootfs: { diff_ids: [b, a] } })
    expect(decode(back.config).history.map((step: object) => 'empty_layer' in step)).toEqual([false, true, false])
    expect(back.layers.map(layer => layer.mediaType)).toEqual([dockerLayerGzip, dockerLayer])
    expect(decode(back.manifest)).toMatchObject({ config: { digest: digestOf(back.config) }, layers: back.layers })
  })

  test.each<[string, Uint8Array, string, string]>([
    ['an image without a history', config({ history: [] }), 'unsupported', '2 layers, and its config 0 steps'],
    [
      'a layer that no step made',
      config({ history: history.slice(0, 2) }),
      'unsupported',
      '2 layers, and its config 1',
    ],
    [
      'a step whose layer is not there',
      config({ history: [...history, {}] }),
      'unsupported',
      '2 layers, and its config 3',
    ],
    [
      'a time that is none',
      config({ history: [{ created: 'x' }, {}] }),
      'bad-manifest',
      'history.0.created is not a time',
    ],
    ['a config that is no JSON', encode('{'), 'bad-manifest', 'not JSON'],
    ['a config that is no object', encode('[]'), 'bad-manifest', 'not a JSON object'],
    ['a config that is null', encode('null'), 'bad-manifest', 'the document'],
    ['a config that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'bad-manifest', 'not UTF-8'],
  ])('refuses %s', (_, bytes, code, message) => {
    expect(() => toSchema1('', '', bytes, [a, b])).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})

test('layers that are not as many are a defect of the caller', () => {
  const schema1 = parseSchema1(toSchema1('', '', config(), [a, b]).bytes)
  expect(() => fromSchema1(schema1, [])).toThrow(expect.objectContaining({ code: 'internal' }))
})

describe('a description of an old Docker', () => {
  const image = (top: object) => {
    const { bytes } = toSchema1('', '', config({ docker_version: '1.8.2', history: [history[0]], ...top }), [a])
    return fromSchema1(parseSchema1(bytes), [{ digest: a, size: 1, diffId: a }]).config
  }

  test('gets the fields that it lacks', () => {
    expect(decode(image({})).container_config).toMatchObject({ Hostname: '', Env: null, Volumes: null })
  })

  test.each([
    [{ config: { Env: 'x' } }, 'config.Env is not a list of texts'],
    [{ config: { Tty: 1 } }, 'config.Tty is not true or false'],
    [{ config: { Labels: { a: 1 } } }, 'config.Labels.a is not a text'],
    [{ config: { Volumes: [] } }, 'config.Volumes is not an object'],
    [{ config: { StopTimeout: 'x' } }, 'config.StopTimeout is not a whole number'],
    [{ config: [] }, 'config is not an object'],
  ])('is refused as %j', (top, message) => {
    expect(() => image(top)).toThrow(
      expect.objectContaining({ code: 'bad-manifest', message: expect.stringContaining(message) }),
    )
  })
})

describe('signing', () => {
  test.each(['{"a":1}', '{\n   "a": "é"\n}\n', `{"a":[]${' '.repeat(99)}}`, '{"a":{}}'])('keeps %j', text => {
    const signed = signSchema1(encode(text))
    expect(verifySchema1(signed)).toBe(1)
    expect(new TextDecoder().decode(schema1Payload(signed))).toBe(text)
  })

  test.each(['{', '[]', 'null', '{}', '{"signatures":[]}'])('refuses %s', text => {
    expect(() => signSchema1(encode(text))).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
  })
})
