import { expect, test } from 'vitest'
import { formatMoney } from './format-money.ts'

test.each([
  [0, '$0.00'],
  [1234.5, '$1234.50'],
  [0.064, '$0.06'],
  [0.01, '$0.01'],
  [0.00999, '$0.01'],
  [0.0099, '$0.0099'],
  [0.0023, '$0.0023'],
  [0.0005, '$0.0005'],
  [0.000052, '$0.000052'],
  [1e-9, '<$0.000001'],
])('%f is %s', (amount, text) => {
  expect(formatMoney(amount, 'USD')).toBe(text)
})

test('of another currency with its code', () => {
  expect(formatMoney(12, 'EUR')).toBe('12.00 EUR')
})
