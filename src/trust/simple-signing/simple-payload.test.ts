import { expect, test } from 'vitest'
import { formatSimplePayload, parseSimplePayload } from './simple-payload.ts'

const manifestDigest = `sha256:${'a'.repeat(64)}` as const
const image = `"image":{"docker-manifest-digest":"${manifestDigest}"}`
const identity = '"identity":{"docker-reference":"quay.io/a/b:1"}'
const type = '"type":"atomic container signature"'
const critical = `"critical":{${type},${image},${identity}}`
const parse = (text: string) => parseSimplePayload(Buffer.from(text))

test.each([
  [{ manifestDigest, dockerReference: 'quay.io/a/b:1' }],
  [{ manifestDigest, dockerReference: 'a', creator: 'x', timestamp: 1_700_000_000 }],
])('%j is written and read', payload => {
  expect(parseSimplePayload(formatSimplePayload(payload))).toEqual(payload)
})

test('what is optional may hold more', () => {
  expect(parse(`{${critical},"optional":{"x":{"y":1},"timestamp":1e3}}`)).toMatchObject({ timestamp: 1000 })
})

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['no "optional"', `{${critical}}`],
  ['no "critical"', '{"optional":{}}'],
  ['a list', `{${critical},"optional":[]}`],
  ['another member', `{${critical},"optional":{},"x":1}`],
  ['another critical member', `{"critical":{${type},${image},${identity},"x":1},"optional":{}}`],
  ['another member of the image', `{"critical":{${type},${image.replace('}', ',"x":1}')},${identity}},"optional":{}}`],
  [
    'another member of the identity',
    `{"critical":{${type},${image},${identity.replace('}', ',"x":1}')}},"optional":{}}`,
  ],
  ['a member twice', `{${critical},${critical},"optional":{}}`],
  [
    'a member of the identity twice',
    `{"critical":{${type},${image},${identity.replace('}', ',"docker-reference":"b"}')}},"optional":{}}`,
  ],
  ['another type', `{"critical":{"type":"x",${image},${identity}},"optional":{}}`],
  ['no digest', `{"critical":{${type},"image":{"docker-manifest-digest":"sha256:a"},${identity}},"optional":{}}`],
  ['a time that is no integer', `{${critical},"optional":{"timestamp":1.5}}`],
  ['something behind it', `{${critical},"optional":{}} x`],
])('%s is refused', (_, text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
})

test('bytes that are no UTF-8 are refused', () => {
  expect(() => parseSimplePayload(Buffer.from([0xff]))).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
})
