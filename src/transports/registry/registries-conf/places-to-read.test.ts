import { describe, expect, test } from 'vitest'
import { formatRegistryReference, parseRegistryReference } from '../reference.ts'
import { parseRegistriesConf } from './parse-conf.ts'
import { type Place, placesToRead, placeToWrite } from './places-to-read.ts'
import { mergeConf } from './registries-conf.ts'

const digest = `sha256:${'a'.repeat(64)}`

const conf = await parseRegistriesConf(
  `[[registry]]
prefix = "docker.io"
location = "hub.example.net"
[[registry]]
prefix = "a.io/team"
location = "b.io/people/team"
insecure = true
[[registry.mirror]]
location = "tags.io"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "digests.io/a"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "closed.io/a"
[[registry]]
location = "a.io/team/app"
blocked = true
[[registry]]
location = "closed.io"
blocked = true
[[registry]]
prefix = "*.wild.io"
insecure = true
[[registry]]
prefix = "*.sub.wild.io"
location = "c.io/wild"
[[registry]]
location = "host.io"
insecure = true
[[registry]]
prefix = "short.io"
location = "mirror"
[[registry]]
prefix = "moved.io"
location = "closed.io/moved"
`,
  'test.conf',
)

const shown = ({ reference, insecure, blockedBy }: Place) =>
  formatRegistryReference(reference) +
  (insecure ? ' insecure' : '') +
  (blockedBy ? ` blocked by ${blockedBy.prefix}` : '')

describe('an image is read', () => {
  test.each<[string, string, string[]]>([
    ['other.io/app:v1', 'other.io/app:v1', []],
    ['alpine', 'hub.example.net/library/alpine:latest', []],
    ['a.io/team/x:v1', 'b.io/people/team/x:v1 insecure', ['tags.io/x:v1', 'closed.io/a/x:v1 blocked by closed.io']],
    [
      `a.io/team/x@${digest}`,
      `b.io/people/team/x@${digest} insecure`,
      [`digests.io/a/x@${digest} insecure`, `closed.io/a/x@${digest} blocked by closed.io`],
    ],
    ['a.io/team/app:v1', 'a.io/team/app:v1 blocked by a.io/team/app', []],
    ['a.io/team/app/below:v1', 'a.io/team/app/below:v1 blocked by a.io/team/app', []],
    ['a.io/teams/x:v1', 'a.io/teams/x:v1', []],
    ['one.wild.io:5000/x:v1', 'one.wild.io:5000/x:v1 insecure', []],
    ['wild.io/x:v1', 'wild.io/x:v1', []],
    ['one.sub.wild.io/x:v1', 'c.io/wild/x:v1', []],
    ['host.io:5000/x:v1', 'host.io:5000/x:v1 insecure', []],
    ['host.iou/x:v1', 'host.iou/x:v1', []],
    ['moved.io/x:v1', 'closed.io/moved/x:v1 blocked by closed.io', []],
  ])('%s: at %s, after %j', (name, location, mirrors) => {
    const { location: found, mirrors: tried } = placesToRead(conf, parseRegistryReference(name))
    expect(shown(found)).toBe(location)
    expect(tried.map(shown)).toEqual(mirrors)
  })

  test('never on Docker Hub because a location has no host', () => {
    expect(() => placesToRead(conf, parseRegistryReference('short.io/app'))).toThrow(
      expect.objectContaining({
        code: 'bad-config',
        subject: 'test.conf',
        message: expect.stringContaining('mirror/app:latest'),
      }),
    )
  })
})

test.each([
  ['a.io/team/x:v1', 'a.io/team/x:v1 insecure'],
  ['a.io/team/app:v1', 'a.io/team/app:v1 blocked by a.io/team/app'],
  ['one.sub.wild.io/x:v1', 'one.sub.wild.io/x:v1'],
  ['moved.io/x:v1', 'moved.io/x:v1'],
  ['other.io/x:v1', 'other.io/x:v1'],
])('%s is written to %s, wherever it is read', (name, place) => {
  expect(shown(placeToWrite(conf, parseRegistryReference(name)))).toBe(place)
})

test('a later file replaces an entry whole, and a list whole', async () => {
  const later = await parseRegistriesConf(
    'unqualified-search-registries = ["x.io"]\n[[registry]]\nprefix = "a.io/team"\nlocation = "new.io"\n[aliases]\n"b" = ""',
    'later.conf',
  )
  const earlier = await parseRegistriesConf(
    'unqualified-search-registries = ["y.io"]\nshort-name-mode = "enforcing"\n[aliases]\n"a" = "x.io/a"\n"b" = "x.io/b"',
    'earlier.conf',
  )
  const merged = [conf, earlier, later].reduce(mergeConf)
  const { location, mirrors } = placesToRead(merged, parseRegistryReference('a.io/team/x:v1'))
  expect(shown(location)).toBe('new.io/x:v1')
  expect(mirrors).toEqual([])
  expect(merged).toMatchObject({
    unqualifiedSearch: ['x.io'],
    shortNameMode: 'enforcing',
    aliases: new Map([
      ['a', 'x.io/a'],
      ['b', undefined],
    ]),
  })
})
