import { expect, test } from 'vitest'
import { hideSecrets, keepSecret, keepSecretsOf } from './known-secrets.ts'

test('a secret is hidden as it is, percent-encoded, in base64 and in JSON', () => {
  const secret = 'p"ss wörd/1'
  keepSecret(secret)
  const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), JSON.stringify({ secret })]
  expect(hideSecrets(forms.join(' | '))).toBe('*** | *** | *** | {"secret":"***"}')
})

test('what a request says is kept: the login, its password, a session, a signature, and no other word', () => {
  keepSecretsOf('https://h.test/x?sig=asignature1&x-id=GetObject', {
    authorization: `Basic ${btoa('user:longpassword')}`,
    'x-amz-security-token': 'session-token-1',
  })
  keepSecretsOf('https://h.test/', { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA, Signature=abcdef' })
  const text = `${btoa('user:longpassword')} longpassword session-token-1 asignature1 GetObject Credential=AKIA`
  expect(hideSecrets(text)).toBe('*** *** *** *** GetObject Credential=AKIA')
})

test('short words are not hidden, and old secrets are forgotten', () => {
  keepSecret('secret')
  keepSecret('the-first-secret')
  for (let i = 0; i < 1000; i++) keepSecret(`secret number ${i}`)
  expect(hideSecrets('secret the-first-secret secret number 999')).toBe('secret the-first-secret ***')
})

test('of a URL the password is kept as it is written and as it is meant, where it is no encoding too', () => {
  keepSecretsOf('https://user:long%2Dpassword+1@h.test/')
  keepSecretsOf('https://user:no%zzencoding@h.test/')
  const text = 'long%2Dpassword+1 long-password+1 no%zzencoding'
  expect(hideSecrets(text)).toBe('*** *** ***')
})
