import { describe, expect, test } from 'vitest'
import { copied } from '../../test/cli/images.ts'
import { runLading } from '../../test/cli/run-lading.ts'
import type { CopyOptions } from '../copy/index.ts'
import { hostPlatform } from '../model/platform.ts'
import { commandTable } from './command-table.ts'

/** What `copyImage` is called with for a command line. */
async function copyCall(argv: readonly string[]) {
  const calls: { source: string; destination: string; options: Partial<CopyOptions> }[] = []
  const run = await runLading(['copy', ...argv], {
    library: {
      async copyImage(source, destination, { onEvent: _, signal: __, ...options } = {}) {
        calls.push({ source, destination, options })
        return copied
      },
    },
  })
  expect(run.stderr).toBe('')
  return calls[0]
}

const clouds = { cloud: {}, sourceCloud: {}, destinationCloud: {} }
const base = {
  ...clouds,
  sourceServer: {},
  destinationServer: {},
  createRepository: false,
  platforms: [],
  allPlatforms: false,
  additionalTags: [],
  preserveDigests: false,
  force: false,
  dryRun: false,
  jobs: 10,
  referrers: true,
  retryTimes: 0,
}
const amd64 = { os: 'linux', architecture: 'amd64' }
const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

describe('copy reads', () => {
  test.each<[string, string[], Partial<CopyOptions>]>([
    ['no options', [], base],
    [
      'where a bucket is, for both sides and for one',
      ['--endpoint=http://both', '--src-region', 'eu-west-1', '--dest-endpoint', 'http://one', '--sse', 'aws:kms'],
      {
        ...base,
        cloud: { endpoint: 'http://both' },
        sourceCloud: { region: 'eu-west-1' },
        destinationCloud: { endpoint: 'http://one', sse: 'aws:kms' },
      },
    ],
    ['that the tag must be absent', ['--if-absent'], { ...base, expect: 'absent' }],
    [
      'what the tag must stand for',
      [`--if-digest=sha256:${'a'.repeat(64)}`],
      { ...base, expect: `sha256:${'a'.repeat(64)}` },
    ],
    ['a platform', ['--platform', 'linux/amd64'], { ...base, platforms: [amd64] }],
    [
      'platforms given twice',
      ['--platform=linux/amd64', '--platform', 'linux/arm/7'],
      { ...base, platforms: [amd64, armv7] },
    ],
    ['platforms with a comma', ['--platform', 'linux/x86_64,linux/arm/v7'], { ...base, platforms: [amd64, armv7] }],
    ['--all', ['--all'], { ...base, allPlatforms: true }],
    ['-a', ['-a'], { ...base, allPlatforms: true }],
    ['--all=false', ['--all=false'], base],
    ['--multi-arch all', ['--multi-arch', 'all'], { ...base, allPlatforms: true }],
    ['--multi-arch system', ['--multi-arch=system'], { ...base, platforms: [hostPlatform()] }],
    ['--multi-arch index-only', ['--multi-arch=index-only'], { ...base, index: 'alone' }],
    ['--multi-arch with a list', ['--multi-arch', 'linux/amd64,linux/arm/7'], { ...base, platforms: [amd64, armv7] }],
    ['--sparse-index', ['--sparse-index', '--platform=linux/amd64'], { ...base, platforms: [amd64], index: 'sparse' }],
    [
      'another system',
      ['--override-os=linux', '--override-arch', 'arm', '--override-variant=7'],
      { ...base, system: armv7 },
    ],
    [
      'another system alone',
      ['--override-os=linux', '--override-arch=x86_64', '--multi-arch=system'],
      { ...base, system: amd64, platforms: [amd64] },
    ],
    ['numbers', ['--jobs', '3'], { ...base, jobs: 3 }],
    ['the word of skopeo for it', ['--image-parallel-copies', '3'], { ...base, jobs: 3 }],
    ['0 of it', ['--image-parallel-copies=0'], base],
    ['what stays', ['--no-referrers'], { ...base, referrers: false }],
    ['retries', ['--retry-times=3', '--retry-delay', '1m30s'], { ...base, retryTimes: 3, retryDelaySeconds: 90 }],
    [
      'folders that layouts share',
      ['--src-shared-blob-dir=/a', '--dest-shared-blob-dir', '/b'],
      { ...base, sourceSharedBlobDir: '/a', destinationSharedBlobDir: '/b' },
    ],
    ['folders that an empty variable named', ['--src-shared-blob-dir=', '--dest-shared-blob-dir='], base],
    ['the last of two', ['--jobs=3', '--jobs=4'], { ...base, jobs: 4 }],
    ['flags', ['--force', '--dry-run'], { ...base, force: true, dryRun: true }],
    ['a bare flag', ['--tls-verify'], { ...base, tlsVerify: true }],
    ['a flag that is off', ['--tls-verify=false'], { ...base, tlsVerify: false }],
    ["Go's spelling of false", ['--tls-verify=F'], { ...base, tlsVerify: false }],
    ['a file', ['--authfile', '-odd'], { ...base, authFile: '-odd' }],
  ])('%s, before and after the arguments', async (_, options, expected) => {
    const call = { source: 'docker://a', destination: 'dir:/b', options: expected }
    expect(await copyCall([...options, 'docker://a', 'dir:/b'])).toEqual(call)
    expect(await copyCall(['docker://a', 'dir:/b', ...options])).toEqual(call)
  })

  test('arguments that begin with a dash, after --', async () => {
    expect(await copyCall(['--', '-a', '--all'])).toEqual({ source: '-a', destination: '--all', options: base })
  })
})

describe('a command line is refused', () => {
  test.each([
    ['an unknown command', ['coppy', 'a', 'b'], "unknown command 'coppy'", 'did you mean copy?'],
    ['the help of an unknown command', ['help', 'coppy'], "unknown command 'coppy'", 'did you mean copy?'],
    ['an unknown command with --help', ['coppy', '--help'], "unknown command 'coppy'", 'did you mean copy?'],
    ['an unknown option', ['copy', '--platfrom', 'x', 'a'], "unknown option '--platfrom'", 'did you mean --platform?'],
    ['an unknown option with a value', ['login', '--pasword=s3cret', 'a'], "unknown option '--pasword'", '--password?'],
    ['an option before its command', ['--password=s3cret', 'login', 'a'], "unknown option '--password'", ''],
    ['an unknown letter', ['copy', '-z', 'a', 'b'], "unknown option '-z'", '`lading copy --help`'],
    ['an argument too few', ['copy', 'a'], "missing required argument 'DST'", '`lading copy --help`'],
    ['an argument too many', ['copy', 'a', 'b', 's3cret'], "too many arguments for 'copy', it takes 2 arguments", ''],
    ['an option without its value', ['copy', 'a', 'b', '--jobs'], "option '--jobs N' argument missing", ''],
    ['no number', ['copy', '--jobs=0', 'a', 'b'], '--jobs takes a whole number of at least 1, not "0"', ''],
    ['two numbers for one thing', ['copy', '--jobs=10', '--image-parallel-copies=0', 'a', 'b'], 'together', 'keep one'],
    ['jobs without end', ['copy', '--jobs=1000000', 'a', 'b'], '--jobs takes a whole number of at most 999999', ''],
    ['retries below 0', ['copy', '--retry-times=-1', 'a', 'b'], '--retry-times takes a whole number of at least 0', ''],
    ['no duration', ['copy', '--retry-delay=5', 'a', 'b'], '--retry-delay takes a duration like 90s', ''],
    ['no boolean', ['copy', '--force=yes', 'a', 'b'], '--force takes true or false, not "yes"', ''],
    ['no platform', ['copy', '--platform=linux', 'a', 'b'], '"linux" is not a platform', 'os/arch'],
    ['an empty platform', ['copy', '--platform=linux/amd64,', 'a', 'b'], '"" is not a platform', 'os/arch'],
    ['no choice', ['copy', '--output=xml', 'a', 'b'], '--output takes one of text, json, not "xml"', ''],
    ['a property of objects', ['copy', '--force=toString', 'a', 'b'], '--force takes true or false', ''],
    [
      '--platform and --all',
      ['copy', '--platform=a/b', '-a', 'a', 'b'],
      '--platform and --all cannot be given together',
      '',
    ],
    [
      '--platform and --multi-arch',
      ['copy', '--platform=a/b', '--multi-arch=all', 'a', 'b'],
      'cannot be given together',
      '',
    ],
    ['--all and --multi-arch', ['copy', '--all', '--multi-arch=system', 'a', 'b'], 'cannot be given together', ''],
    ['no way of choosing', ['copy', '--multi-arch=some', 'a', 'b'], '--multi-arch takes one of all, system,', ''],
    ['no platform in a list', ['copy', '--multi-arch=a/b,all', 'a', 'b'], '"all" is not a platform', ''],
    [
      '--sparse-index of all',
      ['copy', '--sparse-index', 'a', 'b'],
      '--sparse-index is for a copy of some',
      '--platform',
    ],
    ['init without a directory', ['init'], 'no directory is named', 'lading init --local DIR'],
    ['logout of nothing', ['logout'], 'no registry is named', ''],
    ['logout of one and all', ['logout', '--all', 'ghcr.io'], '--all takes no registry', ''],
  ])('%s', async (_, argv, message, hint) => {
    const { exit, stdout, stderr } = await runLading(argv)
    expect({ exit, stdout }).toEqual({ exit: 64, stdout: '' })
    const [first, second = ''] = stderr.split('\n')
    expect(first).toContain(message)
    expect(second).toContain(hint)
    expect(stderr).not.toContain('s3cret')
  })
})

describe('help', () => {
  test.each([['--help'], ['-h'], ['help']])('%s lists every command', async word => {
    const { exit, stdout, stderr } = await runLading([word])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    for (const { name, summary } of commandTable) expect(stdout).toMatch(new RegExp(`^ +${name} +${summary}$`, 'm'))
  })

  test('without a command it goes to stderr and is a failure', async () => {
    const { exit, stdout, stderr } = await runLading([])
    expect({ exit, stdout }).toEqual({ exit: 64, stdout: '' })
    expect(stderr).toMatch(/^Usage: lading COMMAND/)
  })

  test.each(commandTable.map(({ name }) => name))('of %s shows its examples, by either spelling', async name => {
    const asked = await runLading([name, '--help'])
    expect(asked.stdout).toMatch(new RegExp(`^Usage: lading ${name} \\[OPTIONS\\]`))
    expect(asked.stdout).toMatch(new RegExp(`^Examples:\n  # .+\n  .*lading ${name}`, 'm'))
    expect(await runLading(['help', name])).toEqual(asked)
  })
})
