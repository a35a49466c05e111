import { describe, expect, test } from 'vitest'
import { parseRegistriesConf } from './parse-conf.ts'

const file = '/etc/containers/registries.conf'

test('everything that a file can say', async () => {
  const conf = await parseRegistriesConf(
    `\uFEFFunqualified-search-registries = ["docker.io", "127.0.0.1:5000"]
short-name-mode = "permissive"
of-a-newer-tool = 1

[[registry]]
prefix = "docker.io/library/"
location = "mirror.example.com/hub"
insecure = true
blocked = true
[[registry.mirror]]
location = "a.example.com"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "b.example.com"
insecure = true

[[registry]]
prefix = "*.example.com"
mirror-by-digest-only = true
[[registry.mirror]]
location = "c.example.com"

[aliases]
"app" = "quay.io/team/app"
"user/app" = ""
`,
    file,
  )
  expect(conf).toEqual({
    registries: new Map([
      [
        '*.example.com',
        {
          prefix: '*.example.com',
          location: undefined,
          insecure: false,
          blocked: false,
          mirrors: [{ location: 'c.example.com', insecure: false, pulls: 'digest-only' }],
          file,
        },
      ],
      [
        'docker.io/library',
        {
          prefix: 'docker.io/library',
          location: 'mirror.example.com/hub',
          insecure: true,
          blocked: true,
          mirrors: [
            { location: 'a.example.com', insecure: false, pulls: 'tag-only' },
            { location: 'b.example.com', insecure: true, pulls: 'all' },
          ],
          file,
        },
      ],
    ]),
    unqualifiedSearch: ['docker.io', '127.0.0.1:5000'],
    shortNameMode: 'permissive',
    aliases: new Map([
      ['app', 'quay.io/team/app'],
      ['user/app', undefined],
    ]),
  })
})

test('of entries with the same prefix the first counts', async () => {
  const conf = await parseRegistriesConf(
    '[[registry]]\nprefix="a.io"\nlocation="b.io"\n[[registry]]\nlocation="a.io"',
    file,
  )
  expect([...conf.registries.values()]).toEqual([expect.objectContaining({ prefix: 'a.io', location: 'b.io' })])
})

describe('refuses', () => {
  const registry = '[[registry]]\nlocation = "a.io"\n'
  const mirror = `${registry}[[registry.mirror]]\n`
  test.each([
    ['what is no TOML', 'x = 1\ny = ', 'line 2, column 5'],
    ['a table where an array is', '[registry]\nlocation = "a.io"', 'registry: it must be Array, and is '],
    ['a value of another type', `${mirror}location = 1`, 'registry[1].mirror[1].location: it must be string'],
    ['version 1', '[registries.search]\nregistries = ["a.io"]', 'version 1'],
    ['an empty entry', '[[registry]]', 'registry[1]: it has neither'],
    ['a prefix alone', '[[registry]]\nprefix = "a.io"', 'registry[1]: it has no location'],
    ['a scheme', '[[registry]]\nlocation = "http://a.io"', 'registry[1].location: "http://a.io" begins with a scheme'],
    ['a wildcard with a path', '[[registry]]\nprefix = "*.a.io/x"\nlocation = "b.io"', 'registry[1].prefix: '],
    ['a mirror without a place', mirror, 'registry[1].mirror[1]: it has no location'],
    [
      'an unknown rule',
      `${mirror}location = "b.io"\npull-from-mirror = "sometimes"`,
      '"sometimes" is none of all, digest-only, tag-only',
    ],
    [
      'two rules for one mirror',
      `${registry}mirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b.io"\npull-from-mirror = "all"`,
      'beside mirror-by-digest-only',
    ],
    ["a mirror's rule for a registry", `${registry}pull-from-mirror = "all"`, 'a setting of a [[registry.mirror]]'],
    [
      'what is safe and unsafe at once',
      `${registry}insecure = true\n[[registry]]\nprefix = "b.io"\nlocation = "a.io"`,
      'registry[2].insecure: another [[registry]] of a.io says the opposite',
    ],
    ['an unknown mode', 'short-name-mode = "x"', 'short-name-mode: "x" is none of enforcing, permissive, disabled'],
    ['an alias of a tag', '[aliases]\n"a:v1" = "b.io/c"', 'aliases."a:v1": it is not a short name'],
    ['an alias of a whole name', '[aliases]\n"a.io/a" = "b.io/c"', 'aliases."a.io/a": it is not a short name'],
    ['an alias that is short', '[aliases]\n"a" = "c"', 'aliases."a": "c" is not REGISTRY/REPOSITORY'],
    ['an alias with a tag', '[aliases]\n"a" = "b.io/c:v1"', 'aliases."a": "b.io/c:v1" is not'],
    ['a scheme to search', 'unqualified-search-registries = ["https://a.io"]', 'unqualified-search-registries[1]: '],
    [
      'a path to search',
      'unqualified-search-registries = ["a.io", "b.io/x"]',
      'unqualified-search-registries[2]: "b.io/x" is not HOST',
    ],
  ])('%s', async (_, content, message) => {
    await expect(parseRegistriesConf(content, file)).rejects.toMatchObject({
      code: 'bad-config',
      subject: file,
      message: expect.stringContaining(message),
    })
  })
})
