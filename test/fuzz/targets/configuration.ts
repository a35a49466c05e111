import assert from 'node:assert/strict'
import { credentialInFile, parseAuthFile } from '../../../src/auth/auth-file.ts'
import { parsePrices } from '../../../src/bucket/stats/parse-prices.ts'
import { parseSyncFile } from '../../../src/copy/sync/sync-file.ts'
import { compileTagPattern } from '../../../src/copy/sync/tag-pattern.ts'
import { compileVersionConstraint } from '../../../src/copy/sync/version-constraint.ts'
import { parseConnectionString } from '../../../src/stores/azure/connection-string.ts'
import { parseRegistryReference } from '../../../src/transports/registry/reference.ts'
import { findEntry } from '../../../src/transports/registry/registries-conf/find-entry.ts'
import { parseRegistriesConf } from '../../../src/transports/registry/registries-conf/parse-conf.ts'
import { placesToRead } from '../../../src/transports/registry/registries-conf/places-to-read.ts'
import { parsePolicy } from '../../../src/trust/policy/parse-policy.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, jsonSeeds, textSeeds } from '../target.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const reference = parseRegistryReference('quay.io/a/b:v1')

/** Files of this machine, and of its user. */
export const configurationTargets: readonly FuzzTarget[] = [
  {
    name: 'auth-file',
    seeds: jsonSeeds({
      auths: {
        'quay.io': { auth: Buffer.from('user:secret').toString('base64') },
        'https://index.docker.io/v1/': { identitytoken: 't' },
        'quay.io/a': { username: 'u', password: 'p', registrytoken: '' },
      },
      credHelpers: { 'ghcr.io': 'x' },
      credsStore: 'y',
    }),
    words: ['"auths":', '"auth":', '"credHelpers":', 'https://', '/v1/'],
    async run(bytes) {
      try {
        const file = parseAuthFile(text(bytes), 'auth.json')
        credentialInFile(file, 'quay.io', 'a/b')
        credentialInFile(file, 'docker.io', undefined)
      } catch (error) {
        assert.ok(!String(error).includes('secret'), 'it repeats a secret')
        throw error
      }
    },
  },
  {
    name: 'policy',
    seeds: jsonSeeds({
      default: [{ type: 'reject' }],
      transports: { docker: { 'quay.io': [{ type: 'insecureAcceptAnything' }] } },
    }),
    run: bytes => parsePolicy(text(bytes), 'policy.json'),
  },
  {
    name: 'registries-conf',
    seeds: textSeeds(
      'unqualified-search-registries = ["quay.io"]\nshort-name-mode = "enforcing"\n[[registry]]\nprefix = "quay.io/a"\nlocation = "mirror.example/a"\ninsecure = true\n[[registry.mirror]]\nlocation = "m.example"\npull-from-mirror = "digest-only"\n[aliases]\n"fedora" = "quay.io/fedora"\n',
      '[[registry]]\nprefix = "*.io"\nblocked = true\n',
    ),
    words: [
      '[[registry]]\n',
      'prefix = ',
      'location = ',
      '"""',
      "'''",
      '[',
      '{a=',
      '[[a.b.',
      '"*.',
      '1979-05-27',
      'inf',
    ],
    share: 200,
    async run(bytes) {
      const conf = await parseRegistriesConf(text(bytes), 'registries.conf')
      findEntry(conf, reference)
      placesToRead(conf, reference)
    },
  },
  {
    name: 'sync-file',
    seeds: textSeeds(
      'quay.io:\n  images:\n    a/b: [v1, "sha256:' +
        'a'.repeat(64) +
        '"]\n    c: []\n  images-by-tag-regex:\n    d: ^v[0-9]+$\n  images-by-semver:\n    e: ">= 1.2, < 2"\n  tls-verify: false\n  credentials: {username: u, password: p}\n',
      'a: &x\n  images: {b: [c]}\nd:\n  <<: *x\n',
    ),
    words: [
      'images:',
      '<<: *x',
      '&x ',
      '*x',
      '- ',
      'images-by-semver:',
      '>=1',
      '~1.2',
      '^0',
      '||',
      '[',
      '{',
      '---\n',
      '? ',
    ],
    share: 40,
    run: bytes => parseSyncFile(text(bytes), 'sync.yaml', () => {}),
  },
  {
    name: 'sync-expression',
    seeds: textSeeds('^v[0-9]+$', '[[:alpha:]]+\\z', '>= 1.2.3, < 2 || ~3.1', '1.x', '(?i)a|b'),
    words: ['[[:alnum:]]', '\\pL', '(?P<a>', '(?', '{1000}', '>=', '^1.2', ' - ', '1.2.3-rc.1+x'],
    async run(bytes) {
      await refusable(() => compileTagPattern(text(bytes)))
      const wants = await refusable(() => compileVersionConstraint(text(bytes)))
      wants?.('v1.2.3-rc.1')
      wants?.(text(bytes))
    },
  },
  {
    name: 'prices',
    seeds: jsonSeeds({ currency: 'USD', s3: { STANDARD: 0.023 } }),
    run: bytes => parsePrices(bytes, 'prices.json'),
  },
  {
    name: 'connection-string',
    seeds: textSeeds(
      'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net',
      'BlobEndpoint=http://127.0.0.1:10000/a;SharedAccessSignature=?sv=1',
    ),
    words: ['UseDevelopmentStorage=true', 'BlobEndpoint=', ';', '='],
    run: bytes => parseConnectionString(text(bytes)),
  },
]
