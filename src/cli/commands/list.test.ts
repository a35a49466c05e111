import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import { LadingError } from '../../errors/index.ts'

const images = [
  {
    image: 'alpine',
    tag: '3.20',
    digest: digestOfLetter('a'),
    sizeBytes: 3_400_000,
    pushedAt: new Date('2026-01-02T03:04:05.678Z'),
  },
  { image: 'org/app', tag: 'v1' },
]

function list(found: readonly (typeof images)[number][], ...options: string[]) {
  return runLading(['list', ...options, 'local://./images/'], {
    library: {
      async *listImages() {
        yield* found
      },
    },
  })
}

describe('list prints', () => {
  test.each([
    ['names and nothing else', images, [], 'alpine:3.20\norg/app:v1\n'],
    ['no line for no image', [], [], ''],
    [
      'fixed columns before the names with --long',
      images,
      ['--long'],
      'sha256:aaaaaaaaaaaa   3.4 MB  2026-01-02T03:04:05Z  alpine:3.20\n' +
        '-                          -  -                     org/app:v1\n',
    ],
    ['no line for no image with --long', [], ['-l'], ''],
    ['[] for no image as JSON', [], ['--output=json'], '[]\n'],
    [
      'a name that cannot be one without making it another name',
      [{ image: 'a\nb', tag: '\u001b[2J' }],
      [],
      'a\ufffdb:\ufffd[2J\n',
    ],
  ])('%s', async (_, found, options, stdout) => {
    expect(await list(found, ...options)).toEqual({ exit: 0, stdout, stderr: '' })
  })

  test('JSON, one image a line', async () => {
    const { stdout } = await list(images, '--output', 'json')
    expect(JSON.parse(stdout)).toEqual([{ ...images[0], pushedAt: '2026-01-02T03:04:05.678Z' }, images[1]])
    expect(stdout.split('\n')).toHaveLength(images.length + 3)
  })
})

describe('list asks for details', () => {
  test.each([
    [[], false],
    [['--long'], true],
    [['--output=json'], true],
  ])('with %j: %s', async (options, expected) => {
    const asked: unknown[] = []
    await runLading(['list', ...options, 's'], {
      library: {
        async *listImages(locator, { details } = {}) {
          asked.push(locator, details)
          yield* []
        },
      },
    })
    expect(asked).toEqual(['s', expected])
  })
})

test('names listed before a failure are printed, and the failure is told', async () => {
  const run = await runLading(['list', 's'], {
    library: {
      async *listImages() {
        yield { image: 'a', tag: 'b' }
        throw new LadingError('network', 'gone')
      },
    },
  })
  expect(run).toEqual({ exit: 5, stdout: 'a:b\n', stderr: 'lading: gone\n' })
})
