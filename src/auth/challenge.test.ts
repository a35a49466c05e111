import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from './challenge.ts'

test.each<[string, [string, Record<string, string>][]]>([
  [
    'Bearer realm="https://a.test/token",service="s",scope="repository:a:pull,push"',
    [['bearer', { realm: 'https://a.test/token', service: 's', scope: 'repository:a:pull,push' }]],
  ],
  ['BASIC Realm="x"', [['basic', { realm: 'x' }]]],
  ['Basic', [['basic', {}]]],
  ['Basic realm=unquoted', [['basic', { realm: 'unquoted' }]]],
  [
    'Negotiate, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  [
    'Negotiate abc==, Bearer realm="r"',
    [
      ['negotiate', {}],
      ['bearer', { realm: 'r' }],
    ],
  ],
  ['Bearer realm="a \\"quoted\\", b", service = "s"', [['bearer', { realm: 'a "quoted", b', service: 's' }]]],
  [
    'Basic realm="a", Bearer realm="b",service="s"',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b', service: 's' }],
    ],
  ],
  [',, Basic realm="x",,', [['basic', { realm: 'x' }]]],
  ['', []],
])('%s', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
    expected,
  )
})

test('what is written is read, whatever the values', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const challenge = fc.record({
    scheme: name,
    parameters: fc.dictionary(name, fc.string(), { minKeys: 1, maxKeys: 4 }),
  })
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 3 }), challenges => {
      const header = challenges
        .map(({ scheme, parameters }) => {
          const pairs = Object.entries(parameters).map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`)
          return `${scheme} ${pairs.join(', ')}`
        })
        .join(', ')
      const read = parseChallenges(header).map(({ scheme, parameters }) => ({
        scheme,
        parameters: Object.fromEntries(parameters),
      }))
      expect(read).toEqual(challenges.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })))
    }),
    { numRuns: 200 },
  )
})

test('nothing makes it throw or hang', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '=', ' ', '(') }),
      text => void parseChallenges(text),
    ),
  )
  expect(parseChallenges('a'.repeat(1_000_000))).toHaveLength(1)
})
