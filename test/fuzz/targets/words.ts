import assert from 'node:assert/strict'
import { parseLoginTarget } from '../../../src/auth/login.ts'
import { namespaceKeys, registryOfKey } from '../../../src/auth/registry-key.ts'
import { registryOrigins } from '../../../src/auth/registry-origin.ts'
import { GoMap, GoNil, GoStruct } from '../../../src/cli/dialects/go-template/go-value.ts'
import { runTemplate } from '../../../src/cli/dialects/go-template/run-template.ts'
import { parseFlags } from '../../../src/cli/dialects/parse-flags.ts'
import { s3lo } from '../../../src/cli/dialects/s3lo.ts'
import { skopeo } from '../../../src/cli/dialects/skopeo.ts'
import { parseCommandLine } from '../../../src/cli/parse-command-line.ts'
import { parseAge } from '../../../src/model/parse-age.ts'
import { formatPlatform, parsePlatform } from '../../../src/model/platform.ts'
import { openStore } from '../../../src/stores/index.ts'
import { parseBucketLocator } from '../../../src/transports/bucket/reference.ts'
import { formatReference, formatRepository, parseReference } from '../../../src/transports/table.ts'
import type { Reference } from '../../../src/transports/transport.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, textSeeds } from '../target.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const hex = 'a'.repeat(64)
const value = new GoStruct({
  Name: 'n',
  Labels: new GoMap([['a', 'b']]),
  Layers: ['x', 'y'],
  Env: new GoNil('list'),
})

/** What a user types, or a script on their behalf. */
export const wordTargets: readonly FuzzTarget[] = [
  {
    name: 'reference',
    seeds: textSeeds(
      ...['alpine', 'ghcr.io/o/app:v1', `docker://h:5000/a/b:v1@sha256:${hex}`, 's3://bucket/a/b//c:v1', 'gs://b/i:t'],
      ...['az://container/i:t', 'local://./store/image:tag', 'oci:path:name', 'oci-archive:a.tar:n', 'dir:/a'],
      ...['docker-archive:a.tar:a:b', 'docker-archive:a.tar:@1', 'docker-daemon:a:b', `docker-daemon:sha256:${hex}`],
      ...['containers-storage:[overlay@/a+/b:o=1]a:b@id', 'sif:a.sif', 'tarball:a.tar', 'ostree:a'],
    ),
    words: [
      '://',
      '//',
      ':',
      '@',
      '/',
      `@sha256:${hex}`,
      'localhost',
      '[::1]:5000',
      'docker://',
      'oci:',
      's3://',
      '..',
      'a'.repeat(300),
    ],
    share: 800,
    async run(bytes) {
      const typed = text(bytes)
      await refusable(() => parseBucketLocator(typed))
      const reference = parseReference(typed)
      const written = formatReference(reference)
      // what is written out is no short name
      const { shortName: _, ...named }: Reference & { shortName?: string } = reference
      assert.deepEqual(parseReference(written), named, written)
      formatRepository(reference)
    },
  },
  {
    name: 'word',
    seeds: textSeeds(
      'linux/arm/v7',
      '90d',
      '1h30m',
      'quay.io/a',
      'https://index.docker.io/v1/',
      'registry.example:5000',
    ),
    words: ['/', ':', 'https://', '@', 'd', 'h', '-'],
    async run(bytes) {
      const typed = text(bytes)
      const platform = await refusable(() => parsePlatform(typed))
      if (platform !== undefined) assert.deepEqual(parsePlatform(formatPlatform(platform)), platform)
      parseAge(typed)
      registryOfKey(typed)
      const target = await refusable(() => parseLoginTarget(typed))
      if (target !== undefined) namespaceKeys(target.host, typed.slice(0, 255))
      if (target !== undefined) registryOrigins(target.host, undefined)
    },
  },
  {
    name: 'object-key',
    seeds: textSeeds('blobs/sha256/a', 'manifests/a/v1/manifest.json'),
    words: ['..', '/', '//', '\\', '\0', '.', 'lading/tmp', 'CON', 'a'.repeat(256)],
    async run(bytes) {
      const key = text(bytes)
      await using store = await openStore({ scheme: 'memory', root: '' })
      await store.put(key, Buffer.from('x'))
      assert.equal((await store.head(key))?.size, 1)
    },
  },
  {
    name: 'command-line',
    seeds: textSeeds(
      'copy --platform linux/amd64 --jobs 3 a b',
      'clean s3://b/ --keep=3 --yes --output json',
      'inspect --raw -- a',
      'help copy',
    ),
    words: [
      ' --',
      '=',
      ' -',
      ' copy',
      ' --platform',
      ' --output',
      ' json',
      ' --no-',
      ' -h',
      ' --version',
      ' list',
      ' stats',
    ],
    share: 40,
    run: bytes => parseCommandLine(text(bytes).split(' ').slice(0, 200), { write() {} }),
  },
  {
    name: 'dialect-flags',
    seeds: textSeeds(
      '--all --src-tls-verify=false a b',
      '-aq --format v2s2 a b',
      '--override-os linux --dest-creds u:p a b',
    ),
    words: [' --', '=', ' -', ' --all', ' --format', ' --retry-times 3', ' --', ' -a', ' --debug'],
    share: 100,
    async run(bytes) {
      const words = text(bytes).split(' ').slice(0, 200)
      for (const { globals, commands } of [skopeo, s3lo]) {
        await refusable(() => parseFlags(words, globals, true))
        const copy = await commands.find(({ name }) => name === 'copy')?.load()
        await refusable(() => parseFlags(words, { ...globals, ...copy?.options }))
      }
    },
  },
  {
    name: 'go-template',
    seeds: textSeeds(
      '{{.Name}} {{range $i, $l := .Layers}}{{$i}}={{$l | upper}} {{else}}none{{end}}',
      '{{if and .Name (eq .Name "n")}}{{json .Labels}}{{else if .Env}}{{len .Layers}}{{end}}{{- index .Labels "a" -}}',
      '{{with .Layers}}{{join . ","}}{{end}}{{/* c */}}{{truncate .Name 1}}',
    ),
    words: [
      '{{',
      '}}',
      '{{end}}',
      '{{range .Layers}}',
      '{{else}}',
      '(',
      ')',
      '|',
      '$x := ',
      '"',
      '`',
      '\\x',
      '.Name',
      'split',
    ],
    share: 300,
    run(bytes) {
      const template = text(bytes)
      // Loops within loops take as long as whoever writes them wants.
      if (template.split('range').length < 8) runTemplate(template, value)
    },
  },
]
