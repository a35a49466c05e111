import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copied, digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { CopyResult } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'

const a = digestOfLetter('a')
const b = digestOfLetter('b')

function copy(result: Partial<CopyResult>, ...options: string[]) {
  return runLading(['copy', ...options, 'alpine', 'local://./images/alpine:latest'], {
    library: { copyImage: async () => ({ ...copied, ...result }) },
  })
}

test.each(['text', 'json'])('copy says in %s on stderr what it wrote to stdout', async form => {
  const library = { copyImage: async () => ({ ...copied, destination: 'oci-archive:-:v1' }) }
  const run = await runLading(['copy', '--output', form, 'alpine', 'oci-archive:-:v1'], {
    library,
  })
  expect(run).toMatchObject({ exit: 0, stdout: '', stderr: expect.stringContaining('oci-archive:-:v1') })
})

describe('copy prints', () => {
  test.each<[string, Partial<CopyResult>, string]>([
    [
      'what was copied',
      {},
      `copied docker.io/library/alpine:latest to local://./images/alpine:latest
  digest     ${a}
  platforms  linux/amd64, linux/arm64/v8
  blobs      5 copied (7.4 MB), in 3.2s
`,
    ],
    [
      'what was rewritten, replaced, left out and not moved',
      {
        digest: b,
        rewritten: 'one platform of it was chosen',
        previous: a,
        platforms: ['linux/amd64'],
        leftOut: ['linux/arm64/v8', 'linux/s390x'],
        attestationsLeftOut: 3,
        blobs: { copied: 1, mounted: 2, present: 3 },
        bytes: { copied: 1000, mounted: 4096, present: 2_000_000 },
      },
      `copied docker.io/library/alpine:latest to local://./images/alpine:latest
  digest     ${b}
  rewritten  from ${a}: one platform of it was chosen
  replaced   ${a}
  platforms  linux/amd64
  left out   linux/arm64/v8, linux/s390x; 3 attestations
  blobs      1 copied (1.0 kB), 2 mounted (4.1 kB, not read), 3 present (2.0 MB), in 3.2s
`,
    ],
    [
      'that there was nothing to do',
      {
        changed: false,
        previous: a,
        blobs: { copied: 0, mounted: 0, present: 5 },
        bytes: { copied: 0, mounted: 0, present: 7e6 },
      },
      `unchanged: local://./images/alpine:latest is docker.io/library/alpine:latest already
  digest     ${a}
  platforms  linux/amd64, linux/arm64/v8
  blobs      0 copied (0 B), 5 present (7.0 MB), in 3.2s
`,
    ],
    [
      'a plan',
      {
        changed: false,
        platforms: [],
        plan: [
          { digest: a, kind: 'layer', size: 3_400_000, action: 'copy' },
          { digest: b, kind: 'config', size: 600, action: 'present' },
        ],
      },
      `would copy docker.io/library/alpine:latest to local://./images/alpine:latest
  digest  ${a}
  copy     layer     ${a}   3.4 MB
  present  config    ${b}    600 B
1 of 2 to copy, 3.4 MB
`,
    ],
    [
      'a plan with a layer that changes',
      { changed: false, platforms: [], plan: [{ digest: a, kind: 'layer', size: 3_400_000, action: 'convert' }] },
      `would copy docker.io/library/alpine:latest to local://./images/alpine:latest
  digest  ${a}
  convert  layer     ${a}   3.4 MB
1 of 1 to copy, 3.4 MB, 1 of them changed on the way
`,
    ],
    [
      'a plan with nothing in it',
      { changed: false, previous: a, platforms: [], plan: [] },
      `nothing to do: local://./images/alpine:latest is docker.io/library/alpine:latest already
  digest  ${a}
0 of 0 to copy, 0 B
`,
    ],
    [
      'names from elsewhere without their escapes',
      { destination: 'x\u001b[2J', platforms: ['li\nnux'], rewritten: '\u0007' },
      `copied docker.io/library/alpine:latest to x\ufffd[2J
  digest     ${a}
  rewritten  from ${a}: \ufffd
  platforms  li\ufffdnux
  blobs      5 copied (7.4 MB), in 3.2s
`,
    ],
  ])('%s', async (_, result, stdout) => {
    expect(await copy(result)).toEqual({ exit: 0, stdout, stderr: '' })
  })

  test('the result as JSON', async () => {
    const { stdout } = await copy({}, '--output=json')
    expect(JSON.parse(stdout)).toEqual(copied)
  })

  test.each([['text'], ['json']])('nothing with --quiet, as %s', async output => {
    expect(await copy({}, '-q', `--output=${output}`)).toEqual({ exit: 0, stdout: '', stderr: '' })
  })
})

describe('copy and progress', () => {
  function copyWith(...options: string[]) {
    return runLading(['copy', ...options, 'a', 'b'], {
      library: {
        async copyImage(_source, _destination, { onEvent } = {}) {
          onEvent?.({ type: 'planned', blobs: 1, bytes: 10 })
          onEvent?.({ type: 'warning', message: 'the store has no classes' })
          return copied
        },
      },
    })
  }

  test.each([
    ['auto', 'warning: the store has no classes\n'],
    ['plain', 'warning: the store has no classes\n'],
    ['none', 'warning: the store has no classes\n'],
    ['json', '{"type":"planned","blobs":1,"bytes":10}\n{"type":"warning","message":"the store has no classes"}\n'],
  ])('--progress=%s writes to stderr alone', async (mode, stderr) => {
    const run = await copyWith(`--progress=${mode}`)
    expect(run.stderr).toBe(stderr)
    expect(run.stdout).toMatch(/^copied /)
  })

  test('--quiet says nothing', async () => {
    expect((await copyWith('--quiet', '--progress=json')).stderr).toBe('')
  })
})

describe('--digestfile', () => {
  async function digestFileAfter(result: Partial<CopyResult> | LadingError, ...options: string[]) {
    const folder = await mkdtemp(join(tmpdir(), 'lading-'))
    try {
      const path = join(folder, 'digest')
      await runLading(['copy', `--digestfile=${path}`, ...options, 'a', 'b'], {
        library: {
          async copyImage() {
            if (result instanceof LadingError) throw result
            return { ...copied, ...result }
          },
        },
      })
      return (await readdir(folder)).length === 0 ? undefined : await readFile(path, 'utf8')
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('holds the digest at the destination', async () => {
    expect(await digestFileAfter({ digest: b })).toBe(b)
  })

  test('is written with --quiet', async () => {
    expect(await digestFileAfter({}, '--quiet')).toBe(a)
  })

  test('is not written by a dry run', async () => {
    expect(await digestFileAfter({ plan: [] }, '--dry-run')).toBeUndefined()
  })

  test('is not written where its name is empty', async () => {
    expect(await digestFileAfter({}, '--digestfile=')).toBeUndefined()
  })

  test('is not written by a copy that fails', async () => {
    expect(await digestFileAfter(new LadingError('network', 'x'))).toBeUndefined()
  })
})
