import { expect, test } from 'vitest'
import { parseEcrRegistry } from './ecr-registry.ts'

test.each([
  ['123456789012.dkr.ecr.us-east-1.amazonaws.com', 'us-east-1', 'https://api.ecr.us-east-1.amazonaws.com'],
  [
    '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
    'us-gov-west-1',
    'https://ecr-fips.us-gov-west-1.amazonaws.com',
  ],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1', 'https://api.ecr.cn-north-1.amazonaws.com.cn'],
  ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1', 'https://api.ecr.eusc-de-east-1.amazonaws.eu'],
  ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1', 'https://api.ecr.us-iso-east-1.c2s.ic.gov'],
  [
    '123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov',
    'us-isob-east-1',
    'https://api.ecr.us-isob-east-1.sc2s.sgov.gov',
  ],
  ['123456789012.dkr-ecr.eu-west-1.on.aws', 'eu-west-1', 'https://api.ecr.eu-west-1.amazonaws.com'],
])('%s is a private registry', (host, region, endpoint) => {
  expect(parseEcrRegistry(host)).toEqual({ service: 'ecr', region, endpoint, account: '123456789012' })
})

test('public.ecr.aws gives its tokens in us-east-1', () => {
  expect(parseEcrRegistry('public.ecr.aws')).toMatchObject({ service: 'ecr-public', region: 'us-east-1' })
})

test.each([
  'docker.io',
  'amazonaws.com',
  '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.test',
  '123456789012.dkr.ecr.us-east-1.evil.test',
  '12345.dkr.ecr.us-east-1.amazonaws.com',
  '123456789012.dkr.ecr.us-east-1.amazonaws.com:8443',
])('%s is none of ECR', host => expect(parseEcrRegistry(host)).toBeUndefined())
