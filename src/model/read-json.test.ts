import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from './limits.ts'
import { readJson } from './read-json.ts'

const nested = (depth: number, inner = '') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`

describe('readJson', () => {
  it('reads a document that is as deep as may be', () => {
    expect(readJson(nested(limits.jsonDepth, '"]"'))).toBeInstanceOf(Array)
    expect(() => readJson(nested(limits.jsonDepth + 1))).toThrow(/nested more than 100 deep/)
  })

  it('counts no bracket in a string', () => {
    const text = JSON.stringify({ a: '\\"[{'.repeat(500), b: ['\\'.repeat(301)] })
    expect(readJson(text)).toEqual(JSON.parse(text))
  })

  it('reads a million brackets without running out of stack', () => {
    expect(() => readJson(nested(1_000_000))).toThrow(SyntaxError)
    expect(() => readJson('{"a":'.repeat(500_000) + 1 + '}'.repeat(500_000))).toThrow(SyntaxError)
  })

  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'large' }), text => {
        expect(readJson(text)).toEqual(JSON.parse(text))
        expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => readJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(TypeError)
  })
})
