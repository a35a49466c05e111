import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../test/cli/manual-clock.ts'
import { runAs } from '../../../test/cli/run-dialect.ts'
import type { CopyOptions, CopyResult } from '../../copy/index.ts'
import type { Digest } from '../../model/digest.ts'
import { flagOf } from '../command.ts'
import type { Library } from '../library.ts'
import { skopeo } from './skopeo.ts'

const digest: Digest = `sha256:${'a'.repeat(64)}`
const result: CopyResult = {
  source: 'a',
  destination: 'b',
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  sourceDigest: digest,
  changed: true,
  platforms: [],
  leftOut: [],
  attestationsLeftOut: 0,
  blobs: { copied: 0, mounted: 0, present: 0 },
  bytes: { copied: 0, mounted: 0, present: 0 },
  seconds: 0,
}

/** What `copyImage` is asked for by `skopeo copy` with these words. */
async function copied(...words: string[]) {
  const calls: (readonly [string, string, CopyOptions])[] = []
  const library = {
    copyImage: async (from: string, to: string, options: CopyOptions = {}) => {
      calls.push([from, to, options])
      return result
    },
  }
  const run = await runAs('skopeo', ['--insecure-policy', 'copy', ...words], library)
  return { ...run, calls, options: calls[0]?.[2] }
}

const fatal = (message: string) => ({
  exit: 1,
  stdout: '',
  stderr: `time=T level=fatal msg=${JSON.stringify(message)}\n`,
})

describe('skopeo copy', () => {
  test('has the defaults of skopeo', async () => {
    const { exit, stdout, calls, options } = await copied('oci:a:b', 'docker://quay.io/a/b:c')
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: 'Getting image source signatures\nWriting manifest to image destination\n',
    })
    expect(calls[0]?.slice(0, 2)).toEqual(['oci:a:b', 'docker://quay.io/a/b:c'])
    expect(options).toMatchObject({
      onePlatform: true,
      retryRequests: false,
      retryTimes: 0,
      tlsOnLoopback: true,
      platformMatching: 'compatible',
      userAgent: 'skopeo/1.22.0',
      compression: 'gzip',
      recompress: 'uncompressed',
      jobs: 6,
    })
    expect(options).not.toHaveProperty('tlsVerify')
  })

  test.each<[string[], Partial<CopyOptions>]>([
    [['--all'], { allPlatforms: true }],
    [['--multi-arch', 'all'], { allPlatforms: true }],
    [['--multi-arch=system'], { onePlatform: true }],
    [['--multi-arch=index-only'], { index: 'alone' }],
    [
      ['--override-arch', 'arm', '--override-variant=v6'],
      { system: { os: 'linux', architecture: 'arm', variant: 'v6' } },
    ],
    [['-f', 'v2s2', '--preserve-digests'], { format: 'v2s2', preserveDigests: true }],
    [['--src-tls-verify=false'], { sourceServer: { tlsVerify: false }, destinationServer: {} }],
    [['--dest-creds', 'u:p'], { destinationServer: { credential: { username: 'u', password: 'p' } } }],
    [['--authfile=x', '--dest-authfile', 'y'], { authFile: 'x', destinationServer: { authFile: 'y' } }],
    [['--retry-times', '3', '--retry-delay', '5s'], { retryTimes: 3, retryDelaySeconds: 5 }],
    [['--image-parallel-copies=0'], { jobs: 6 }],
    [['--user-agent-prefix', 'x', '--tmpdir=/t'], { userAgentPrefix: 'x', temporaryFolder: '/t' }],
    [['--dest-shared-blob-dir', 's'], { destinationSharedBlobDir: 's' }],
    [['--additional-tag', 'a:1,b:2'], { additionalTags: ['a:1', 'b:2'] }],
    [['--dest-compress-format', 'zstd', '--dest-compress-level', '5'], { compression: 'zstd', compressionLevel: 5 }],
  ])('%j says so to the library', async (words, options) => {
    expect((await copied(...words, 'oci:a:b', 'oci:c:d')).options).toMatchObject(options)
  })

  test.each<[string, string[], Partial<CopyOptions>]>([
    ['docker://x/y', [], { compression: 'gzip', recompress: 'uncompressed' }],
    ['docker://x/y', ['--dest-decompress'], { compression: 'gzip', recompress: 'uncompressed' }],
    ['docker://x/y', ['--dest-compress-format=zstd'], { compression: 'zstd', recompress: 'all' }],
    ['docker://x/y', ['--preserve-digests'], {}],
    [`docker://x/y@${digest}`, [], {}],
    ['oci:x', [], { compression: 'gzip', recompress: 'uncompressed' }],
    ['oci:x', ['--dest-oci-accept-uncompressed-layers'], { compression: 'none' }],
    ['oci-archive:x', [], { compression: 'gzip', recompress: 'uncompressed' }],
    ['docker-archive:missing', [], {}],
    ['docker-archive:missing', ['--dest-compress-format=zstd'], {}],
    ['docker-daemon:x:y', [], {}],
    ['dir:x', [], { compression: 'none' }],
    ['dir:x', ['--dest-compress'], { compression: 'gzip', recompress: 'uncompressed' }],
    ['dir:x', ['--dest-compress', '--dest-compress-format=zstd'], { compression: 'zstd', recompress: 'all' }],
    ['dir:x', ['--dest-decompress'], { compression: 'none', recompress: 'all' }],
  ])('layers at %s with %j', async (destination, words, layers) => {
    const { options: { compression, recompress } = {}, exit } = await copied(...words, 'oci:a', destination)
    expect(exit).toBe(0)
    expect({ compression, recompress }).toEqual({ compression: undefined, recompress: undefined, ...layers })
  })

  test.each([
    ['docker-archive:x.tar', 'dir:y', 'v2s2'],
    ['docker-daemon:x:y', 'docker://x/y', 'v2s2'],
    ['docker-archive:x.tar', 'oci:y', 'oci'],
    ['dir:x', 'oci-archive:y.tar', 'oci'],
    ['dir:x', 'dir:y', undefined],
  ])('%s to %s is written as %s', async (from, to, format) => {
    expect((await copied(from, to)).options?.format).toBe(format)
    expect((await copied('--format=oci', from, to)).options?.format).toBe('oci')
    expect((await copied('--preserve-digests', from, to)).options?.format).toBeUndefined()
  })
  test('is quiet where that is asked for', async () => {
    expect(await copied('-q', 'dir:a', 'dir:b')).toMatchObject({ exit: 0, stdout: '', stderr: '' })
  })

  test('keeps stdout for an image that goes there', async () => {
    const { stdout, stderr } = await copied('dir:a', 'docker-archive:/dev/stdout')
    expect({ stdout, stderr }).toEqual({
      stdout: '',
      stderr: 'Getting image source signatures\nWriting manifest to image destination\n',
    })
  })

  test('shows blobs before configs, and a list as one', async () => {
    const [layer, config]: Digest[] = [`sha256:${'b'.repeat(64)}`, `sha256:${'c'.repeat(64)}`]
    const run = await runAs('skopeo', ['--insecure-policy', 'copy', '--all', 'dir:a', 'dir:b'], {
      copyImage: async (_, __, { onEvent } = {}) => {
        onEvent?.({ type: 'planned', blobs: 2, bytes: 2 })
        if (config) onEvent?.({ type: 'copied', digest: config, kind: 'config', size: 1 })
        if (layer) onEvent?.({ type: 'started', digest: layer, kind: 'layer', size: 1 })
        if (layer) onEvent?.({ type: 'copied', digest, from: layer, kind: 'layer', size: 1 })
        onEvent?.({ type: 'warning', message: 'look out' })
        return { ...result, mediaType: 'application/vnd.oci.image.index.v1+json' }
      },
    })
    expect(run).toEqual({
      exit: 0,
      stdout:
        `Getting image source signatures\nCopying blob ${layer}\nCopying config ${config}\n` +
        'Writing manifest list to image destination\nStoring list signatures\n',
      stderr: 'time=T level=warning msg="look out"\n',
    })
  })

  test.each([
    [
      ['alpine', 'dir:x'],
      'Invalid source name alpine: Invalid image name "alpine", expected colon-separated transport:reference',
    ],
    [['dir:x', 'foo:x'], 'Invalid destination name foo:x: Invalid image name "foo:x", unknown transport "foo"'],
    [['docker:x', 'dir:x'], 'Invalid source name docker:x: docker: image reference x does not start with //'],
    [
      [`docker://a:5000/b:c@${digest}`, 'dir:x'],
      `Invalid source name docker://a:5000/b:c@${digest}: Docker references with both a tag and digest are currently not supported; keep the digest, which says which image it is`,
    ],
    [['--all', '--multi-arch=all', 'dir:a', 'dir:b'], 'Cannot use --all and --multi-arch flags together'],
    [['--dest-compress', '--dest-decompress', 'dir:a', 'dir:b'], 'Cannot compress and decompress at the same time'],
  ])('%j is refused', async (words, message) => {
    const { calls, exit, stdout, stderr } = await copied(...words)
    expect({ calls, exit, stdout, stderr }).toEqual({ calls: [], ...fatal(message) })
  })

  test('a port and no tag beside a digest is a reference', async () => {
    expect((await copied(`docker://a:5000/b@${digest}`, 'dir:x')).exit).toBe(0)
  })

  test('is stopped after its time', async () => {
    const clock = new ManualClock()
    const words = ['--insecure-policy', '--command-timeout=90s', 'copy', 'dir:a', 'dir:b']
    const copyImage: Library['copyImage'] = async (_, __, { signal } = {}) => {
      clock.advance(90_000)
      throw new Error(signal?.aborted ? 'stopped' : 'never stopped')
    }
    const run = await runAs('skopeo', words, { copyImage }, { clock })
    expect(run.exit).toBe(1)
    expect(run.stderr).toContain('level=fatal msg="the command was stopped after ')
  })

  test('tells every request with --debug', async () => {
    const run = await runAs('skopeo', ['--insecure-policy', '--debug', 'copy', '-q', 'dir:a', 'dir:b'], {
      copyImage: async (_, __, { onRequest } = {}) => {
        onRequest?.({ method: 'GET', url: 'https://example.com/v2/', milliseconds: 1, status: 200 })
        return result
      },
    })
    expect(run.stderr).toBe('time=T level=debug msg="GET https://example.com/v2/: 200"\n')
  })

  test('needs a policy', async () => {
    const { exit, stderr } = await runAs('skopeo', ['--policy', '/missing.json', 'copy', 'dir:a', 'dir:b'])
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: 'time=T level=fatal msg="Error loading trust policy: /missing.json: no such file or directory"\n',
    })
  })
})

describe('the command line', () => {
  test.each([
    [[], "Missing command 'skopeo COMMAND'\nTry 'skopeo --help' for more information"],
    [
      ['nope'],
      "Unrecognized command `skopeo nope`\n\nDid you mean this?\n\tcopy\n\nTry 'skopeo --help' for more information",
    ],
    [['xyzzy'], "Unrecognized command `skopeo xyzzy`\nTry 'skopeo --help' for more information"],
    [['copy', '--nope'], 'unknown flag: --nope'],
    [['--nope', 'copy'], 'unknown flag: --nope'],
    [['inspect'], 'Exactly one argument expected'],
    [['login'], 'please provide a registry to log in to'],
    [['logout'], 'please provide a registry to log out from'],
    [['logout', '--all', 'x'], '--all takes no arguments'],
    [['--insecure-policy', 'sync', '--dest', 'dir', 'a', 'b'], 'A source transport must be specified'],
    [['--insecure-policy', 'sync', '--src', 'oci', '--dest', 'dir', 'a', 'b'], '"oci" is not a valid source transport'],
    [['list-tags', 'a'], 'Invalid "a": does not specify a transport'],
    [['list-tags', 'docker://a:5000/b:c'], 'No tag or digest allowed in reference'],
    [['inspect', '--raw', '-f', 'x', 'dir:a'], 'raw output does not support format option'],
    [['generate-sigstore-key'], 'Usage: generate-sigstore-key --output-prefix PREFIX'],
    [['generate-sigstore-key', '--output-prefix', 'a', 'b'], 'Usage: generate-sigstore-key --output-prefix PREFIX'],
  ])('%j is refused', async (words, message) => {
    expect(await runAs('skopeo', words)).toEqual(fatal(message))
  })

  test.each(['--version', '-v'])('%s is that of skopeo', async word => {
    expect(await runAs('skopeo', [word])).toEqual({ exit: 0, stdout: 'skopeo version 1.22.0\n', stderr: '' })
  })

  test('shows the help before it complains of too few words', async () => {
    const { exit, stdout, stderr } = await runAs('skopeo', ['copy', 'a'])
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toContain('Usage:\nskopeo copy [command options] SOURCE-IMAGE DESTINATION-IMAGE\n')
    expect(stderr).toMatch(/\n\ntime=T level=fatal msg="Exactly two arguments expected"\n$/)
  })

  test.each([['--help'], ['-h'], ['help']])('%s lists the commands', async word => {
    const { exit, stdout } = await runAs('skopeo', [word])
    expect(exit).toBe(0)
    for (const { name, hidden } of skopeo.commands) if (!hidden) expect(stdout).toContain(`\n  ${name} `)
  })

  test.each(
    skopeo.commands.map(entry => [entry.name, entry] as const),
  )('%s has a help with every option', async (name, entry) => {
    const { exit, stdout } = await runAs('skopeo', ['help', name])
    expect(exit).toBe(0)
    const own = Object.keys((await entry.load()).options).filter(key => !Object.hasOwn(skopeo.globals, key))
    for (const key of [...own, 'help']) expect(stdout).toContain(` ${flagOf(key)} `)
    expect(stdout).not.toContain('--insecure-policy')
  })
})
