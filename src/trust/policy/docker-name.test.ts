import { expect, test } from 'vitest'
import { formatDockerName, isExactName, parseDockerName } from './docker-name.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['alpine', { name: 'docker.io/library/alpine' }],
  ['alpine:latest', { name: 'docker.io/library/alpine', tag: 'latest' }],
  ['localhost:5000/a', { name: 'localhost:5000/a' }],
  ['localhost:5000/a:v1', { name: 'localhost:5000/a', tag: 'v1' }],
  [`quay.io/a/b@${digest}`, { name: 'quay.io/a/b', digest }],
  [`quay.io/a/b:v1@${digest}`, { name: 'quay.io/a/b', tag: 'v1', digest }],
])('%s', (text, name) => {
  const parsed = parseDockerName(text)
  expect(parsed).toEqual(name)
  expect(parseDockerName(formatDockerName(parsed))).toEqual(name)
  expect(isExactName(parsed)).toBe('tag' in name || 'digest' in name)
})

test.each([
  '',
  'docker://quay.io/a:1',
  'quay.io/UPPER',
  'a b',
  'quay.io/a:',
  'a'.repeat(300),
])('%j is no name', text => {
  expect(() => parseDockerName(text)).toThrow(expect.objectContaining({ code: 'bad-reference' }))
})
