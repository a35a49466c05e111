import { describe, expect, test } from 'vitest'
import { parseDockerName } from './docker-name.ts'
import { matchesIdentity } from './matches-identity.ts'
import type { IdentityRule } from './policy.ts'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const exactReference = (dockerReference: string): IdentityRule => ({ type: 'exactReference', dockerReference })
const exactRepository = (dockerRepository: string): IdentityRule => ({ type: 'exactRepository', dockerRepository })
const remap = (prefix: string, signedPrefix: string): IdentityRule => ({ type: 'remapIdentity', prefix, signedPrefix })

const image = 'quay.io/a/b:1'
const pinned = `quay.io/a/b@${digest}`
const both = `quay.io/a/b:1@${digest}`

describe('a signature matches', () => {
  test.each<
    [
      IdentityRule | Exclude<IdentityRule['type'], 'exactReference' | 'exactRepository' | 'remapIdentity'>,
      string | undefined,
      string,
      boolean,
    ]
  >([
    ['matchExact', image, image, true],
    ['matchExact', 'docker.io/library/busybox:1', 'busybox:1', true],
    ['matchExact', image, 'quay.io/a/b:2', false],
    ['matchExact', image, 'quay.io/a/c:1', false],
    ['matchExact', image, 'quay.io/a/b', false],
    ['matchExact', 'quay.io/a/b', 'quay.io/a/b', false],
    ['matchExact', image, pinned, false],
    ['matchExact', pinned, pinned, true],
    ['matchExact', pinned, image, false],
    ['matchExact', both, both, true],
    ['matchExact', both, image, false],
    ['matchExact', undefined, image, false],
    ['matchExact', image, '', false],
    ['matchExact', image, `docker://${image}`, false],
    ['matchRepoDigestOrExact', image, image, true],
    ['matchRepoDigestOrExact', image, 'quay.io/a/b:2', false],
    ['matchRepoDigestOrExact', image, 'quay.io/a/b', false],
    ['matchRepoDigestOrExact', image, pinned, false],
    ['matchRepoDigestOrExact', pinned, image, true],
    ['matchRepoDigestOrExact', pinned, 'quay.io/a/b:2', true],
    ['matchRepoDigestOrExact', pinned, `quay.io/a/b@${other}`, true],
    ['matchRepoDigestOrExact', pinned, 'quay.io/a/b', false],
    ['matchRepoDigestOrExact', pinned, 'quay.io/a/c:1', false],
    ['matchRepoDigestOrExact', both, image, false],
    ['matchRepoDigestOrExact', both, both, true],
    ['matchRepoDigestOrExact', 'quay.io/a/b', image, false],
    ['matchRepoDigestOrExact', undefined, image, false],
    ['matchRepository', image, 'quay.io/a/b:2', true],
    ['matchRepository', image, 'quay.io/a/b', true],
    ['matchRepository', pinned, image, true],
    ['matchRepository', image, 'quay.io/a/b/c:1', false],
    ['matchRepository', undefined, image, false],
    ['matchRepository', image, 'quay.io/A/b', false],
    [exactReference(image), undefined, image, true],
    [exactReference(image), 'quay.io/x/y:1', image, true],
    [exactReference(image), image, 'quay.io/a/b:2', false],
    [exactReference(image), image, 'quay.io/a/b', false],
    [exactReference('busybox:1'), undefined, 'docker.io/library/busybox:1', true],
    [exactRepository('quay.io/a/b'), undefined, image, true],
    [exactRepository('quay.io/a/b:7'), undefined, image, true],
    [exactRepository('quay.io/a/b'), image, 'quay.io/a/c:1', false],
    [remap('mirror:5000/m', 'quay.io'), 'mirror:5000/m/a/b:1', image, true],
    [remap('mirror:5000/m', 'quay.io'), 'mirror:5000/m/a/b:2', image, false],
    [remap('mirror:5000/m', 'quay.io'), `mirror:5000/m/a/b@${digest}`, image, true],
    [remap('mirror:5000', 'quay.io'), 'mirror:5000/a/b:1', image, true],
    [remap('mirror', 'quay.io'), 'mirror:5000/a/b:1', image, false],
    [remap('mirror:5000/m', 'quay.io'), 'mirror:5000/mm/a/b:1', image, false],
    [remap('mirror:5000/m', 'quay.io'), image, image, true],
    [remap('mirror:5000/m/a/b', 'quay.io/a/b'), 'mirror:5000/m/a/b:1', image, true],
    [remap('mirror:5000/m/b', 'busybox'), 'mirror:5000/m/b:1', 'docker.io/library/busybox:1', false],
    [remap('mirror:5000/m', 'quay.io'), undefined, image, false],
  ])('%j of %s: %s: %s', (rule, named, signed, matches) => {
    const whole: IdentityRule = typeof rule === 'string' ? { type: rule } : rule
    expect(matchesIdentity(whole, named === undefined ? undefined : parseDockerName(named), signed)).toBe(matches)
  })
})
