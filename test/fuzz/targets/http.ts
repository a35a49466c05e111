import assert from 'node:assert/strict'
import { parseChallenges } from '../../../src/auth/challenge.ts'
import { printable, printableJson, printableLines } from '../../../src/cli/printable.ts'
import { judgeAnswer } from '../../../src/copy/lanes/answer.ts'
import { parseResponseHead } from '../../../src/http/direct/response-head.ts'
import { matchesNoProxy } from '../../../src/http/no-proxy.ts'
import { pullLimitError } from '../../../src/http/pull-limit.ts'
import { redactText, redactUrl } from '../../../src/http/redact.ts'
import { redirected } from '../../../src/http/redirect.ts'
import { parseRetryAfter } from '../../../src/http/retry.ts'
import { uploadLocation } from '../../../src/transports/registry/upload-location.ts'
import { readAnswer } from '../answers.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, textSeeds } from '../target.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const request = {
  url: 'https://registry.example/v2/a/b',
  headers: { authorization: 'secret' },
  tlsVerify: true,
  route: undefined,
}
const question = { request, from: 0, size: 100 }

export const httpTargets: readonly FuzzTarget[] = [
  {
    name: 'response-head',
    seeds: textSeeds(
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close',
      'HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/100',
      'HTTP/1.1 307 x\r\ncontent-length: 0\r\nlocation: https://bucket.example/x?sig=1',
      'HTTP/1.1 503 x\r\ncontent-length: 0\r\nretry-after: 5',
    ),
    words: [
      '\r\n',
      'content-length: ',
      'transfer-encoding: chunked',
      'location: ',
      'content-range: bytes ',
      'file:///',
      'http://169.254.169.254/',
    ],
    run(bytes) {
      const head = parseResponseHead(text(bytes))
      if (head === undefined) return
      assert.ok(Number.isSafeInteger(head.length) && head.length >= 0)
      const answer = judgeAnswer(head, question)
      if (answer.kind === 'redirect') assertNoSecret(answer.to)
    },
  },
  {
    name: 'challenge',
    seeds: textSeeds(
      'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"',
      'Basic realm="x", Bearer realm="a\\"b", Negotiate YWJj==',
    ),
    words: ['Bearer ', 'realm=', '"', '\\', ', ', 'Basic ', '==', 'error="insufficient_scope"'],
    run(bytes) {
      for (const { scheme, parameters } of parseChallenges(text(bytes))) {
        assert.equal(scheme, scheme.toLowerCase())
        for (const name of parameters.keys()) assert.equal(name, name.toLowerCase())
      }
    },
  },
  {
    name: 'location',
    seeds: textSeeds(
      '/v2/a/b/blobs/uploads/1',
      'https://bucket.example:443/x?y=1#z',
      '//other.example/x',
      'http://u:p@registry.example/',
    ),
    words: [
      'https:',
      'http:',
      'file:',
      'data:,',
      'javascript:',
      '//',
      '@',
      '[::1]',
      '\\',
      '127.0.0.1',
      '0x7f.1',
      '\t',
      '%0d%0a',
    ],
    async run(bytes) {
      const location = text(bytes)
      for (const status of [301, 302, 303, 307, 308]) {
        const next = await refusable(() =>
          redirected({ method: 'GET', ...request }, { status, headers: new Map([['location', location]]) }),
        )
        if (next !== undefined) assertNoSecret(next)
      }
      const upload = await refusable(() => uploadLocation(location, request.url, false))
      if (upload !== undefined) assert.equal(new URL(upload).protocol, 'https:')
    },
  },
  {
    name: 'small-headers',
    seeds: textSeeds('120', 'Wed, 21 Oct 2026 07:28:00 GMT', '100;w=21600', '.example.com,10.0.0.0/8,[::1]:80,*'),
    words: ['Mon, ', ' GMT', ';w=', '/33', '::', '*.'],
    run(bytes) {
      const value = text(bytes)
      const after = parseRetryAfter(value, 0)
      assert.ok(after === undefined || after >= 0)
      pullLimitError(
        {
          host: 'h',
          headers: new Map([
            ['ratelimit-remaining', value],
            ['ratelimit-reset', value],
            ['retry-after', value],
          ]),
          body: value,
        },
        0,
      )
      matchesNoProxy(new URL('http://10.1.2.3:80/'), value)
    },
  },
  {
    name: 'shown-text',
    seeds: textSeeds(
      'plain',
      'https://user:hunter2@host.example/a?X-Amz-Signature=hunter2&n=1',
      '\u001b[31m\u202e\u2028',
    ),
    words: ['http://', 'https://', 'hunter2@', '?sig=hunter2', '\u001b[', '\u009b', '\n', '\u202e', '#'],
    run(bytes) {
      const shown = Buffer.from(bytes).toString()
      for (const line of [printable(shown), redactText(shown)]) assert.doesNotMatch(line, /[\p{Cc}]/u)
      printableLines(shown)
      assert.deepEqual(JSON.parse(printableJson({ shown })), { shown })
      redactUrl(shown)
      readAnswer(bytes, 'http://a/')
    },
  },
]

function assertNoSecret({
  url,
  headers,
}: {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}): void {
  const to = new URL(url)
  assert.ok(to.protocol === 'https:', `${url} is not asked over TLS`)
  assert.equal(`${to.username}${to.password}`, '')
  if (to.origin !== new URL(request.url).origin)
    assert.equal(headers?.authorization, undefined, `${url} is told the secret`)
}
