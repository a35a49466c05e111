import { expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { asVerifyFailure } from './verify-failure.ts'

test.each([
  [1, 'untrusted', 'verify'],
  [1, 'too-large', undefined],
  [1, 'digest-mismatch', 'read'],
  [2, 'untrusted', 'read trusted root'],
  [2, 'too-large', 'ask for key'],
  [2, 'image-not-found', 'resolve'],
  [2, 'network', 'resolve'],
  [2, 'bad-key', 'read key'],
  [64, 'bad-argument', undefined],
] as const)('exit %d for %s of %s', (exit, code, operation) => {
  const failure = asVerifyFailure(new LadingError(code, 'it fails', { operation }))
  expect(failure).toBeInstanceOf(LadingError)
  expect((failure as LadingError).exitCode).toBe(exit)
})
