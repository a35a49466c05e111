import { expect, test } from 'vitest'
import { redactText, redactUrl } from './redact.ts'

test.each([
  ['https://u:p@h.test:1/a/b#f', 'https://h.test:1/a/b'],
  ['https://h.test/a?X-Amz-Signature=s&X-Amz-Date=d', 'https://h.test/a?…'],
  ['https://h.test/t?service=s&token=x', 'https://h.test/t?service=s&…'],
  ['https://h.test/v2/tags/list?n=5&last=b', 'https://h.test/v2/tags/list?n=5&last=b'],
  ['//u:p@odd/x?y=z', '//odd/x'],
])('%s is shown as %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown)
})

test('text loses control characters and the secrets of its URLs', () => {
  expect(redactText('see\u001b[31m https://h.test/x?sig=1 now\n')).toBe('see [31m https://h.test/x?… now')
  expect(redactText('x'.repeat(1000), 10)).toBe(`${'x'.repeat(9)}…`)
})

test('what is encoded in a query does not reach the terminal decoded', () => {
  expect(redactUrl('https://r.test/v2/?tag=%1b%5B31m')).toBe('https://r.test/v2/?tag=\ufffd[31m')
  expect(redactText('see https://r.test/?n=%00%9b')).toBe('see https://r.test/?n=\ufffd\ufffd')
})
