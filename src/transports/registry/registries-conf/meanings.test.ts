import { describe, expect, test } from 'vitest'
import { formatRegistryReference, parseRegistryReference } from '../reference.ts'
import { meaningsOf } from './meanings.ts'
import { parseRegistriesConf } from './parse-conf.ts'

const digest = `sha256:${'a'.repeat(64)}`
const search = 'unqualified-search-registries = ["a.io", "docker.io"]\n'
const aliases = '[aliases]\n"app" = "quay.io/team/app"\n"gone" = ""\n'

async function meanings(content: string, name: string) {
  const conf = await parseRegistriesConf(content, 'test.conf')
  return meaningsOf(conf, parseRegistryReference(name)).map(formatRegistryReference)
}

describe('a name means', () => {
  test.each([
    ['alpine', '', ['docker.io/library/alpine:latest']],
    ['alpine', search, ['a.io/alpine:latest', 'docker.io/library/alpine:latest']],
    [`user/app:v1@${digest}`, search, [`a.io/user/app:v1@${digest}`, `docker.io/user/app:v1@${digest}`]],
    [`app@${digest}`, search + aliases, [`quay.io/team/app@${digest}`]],
    ['app:v2', `short-name-mode = "enforcing"\n${search}${aliases}`, ['quay.io/team/app:v2']],
    ['gone', search + aliases, ['a.io/gone:latest', 'docker.io/library/gone:latest']],
    ['library/app', aliases, ['docker.io/library/app:latest']],
    ['docker://app', search + aliases, ['docker.io/library/app:latest']],
    ['b.io/app', search + aliases, ['b.io/app:latest']],
    ['app', 'short-name-mode = "enforcing"\nunqualified-search-registries = ["a.io"]', ['a.io/app:latest']],
  ])('%s with %j: %j', async (name, content, expected) => {
    expect(await meanings(content, name)).toEqual(expected)
  })

  test.each([
    ['unqualified-search-registries = []', 'unqualified-search-registries is empty'],
    [`short-name-mode = "enforcing"\n${search}`, '"enforcing"'],
  ])('nothing with %j', async (content, why) => {
    await expect(meanings(content, 'alpine')).rejects.toMatchObject({
      code: 'bad-reference',
      message: expect.stringContaining(why),
    })
    expect(await meanings(content, 'docker://alpine')).toEqual(['docker.io/library/alpine:latest'])
  })
})
