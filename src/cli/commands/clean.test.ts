import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { CleanOptions, CleanResult } from '../../bucket/index.ts'

const none = { count: 0, bytes: 0 }
const plan: CleanResult = {
  confirmed: false,
  tags: {
    checked: 3,
    removed: [
      {
        ...{ image: 'app', tag: 'v1', digest: digestOfLetter('a') },
        ...{ pushedAt: new Date('2026-04-13T13:22:09Z'), reason: 'older than 7d' },
      },
    ],
    immutableImages: 1,
  },
  blobs: {
    ...{ stored: { count: 9, bytes: 9_000_000 }, removed: { count: 2, bytes: 2_000_000 }, condemned: none },
    ...{ inTrash: none, waiting: { count: 1, bytes: 1 }, recent: none, historyOnly: { count: 3, bytes: 300 } },
  },
  leftovers: { uploads: { count: 1, bytes: 5 }, leases: 0, trashedTags: 2 },
}

async function clean(result: CleanResult, ...words: string[]) {
  const asked: CleanOptions[] = []
  const cleanBucket = async (_: string, options: CleanOptions = {}) => {
    asked.push(options)
    return result
  }
  const run = await runLading(['clean', 's3://images/', ...words], { library: { cleanBucket } })
  return { ...run, asked: asked[0] }
}

describe('clean', () => {
  test('prints every tag, the bytes, what history alone keeps, and that nothing was changed', async () => {
    const { exit, stdout } = await clean(plan)
    expect(exit).toBe(0)
    expect(stdout).toBe(
      [
        'app:v1  sha256:aaaaaaaaaaaa  2026-04-13  older than 7d',
        '',
        'Tags:   1 would be deleted, of 3 that rules apply to',
        '        1 image with rules not looked at: immutable',
        'Blobs:  2 (2.0 MB) would be deleted, of 9 (9.0 MB)',
        '        1 (1 B) wait for pushes that are under way: clean again later',
        '        3 (300 B) are kept by history alone (keep_history)',
        'Uploads given up: 1 (5 B) would be removed',
        'Trash:  2 tags would be removed for good',
        '',
        'Nothing was changed. Run it again with --confirm to do this.',
        '',
      ].join('\n'),
    )
  })

  test.each([
    [{ versions: 'on', lockedDays: 0, softDeleteDays: 0 }, 'the bucket keeps versions'],
    [{ versions: 'suspended', lockedDays: 0, softDeleteDays: 0 }, 'has kept versions once'],
    [{ versions: 'off', lockedDays: 30, softDeleteDays: 0 }, 'nothing is freed before it is 30 days old'],
    [{ versions: undefined, lockedDays: undefined, softDeleteDays: 7 }, 'is paid for, for 7 days'],
  ] as const)('says of a store that keeps %j what is not freed', async (retention, note) => {
    expect((await clean({ ...plan, retention })).stdout).toContain(note)
    const { stdout } = await clean({ ...plan, retention }, '--output', 'json')
    expect(JSON.parse(stdout).retention).toEqual(JSON.parse(JSON.stringify(retention)))
  })

  test('says nothing of a store that keeps nothing', async () => {
    const retention = { versions: 'off', lockedDays: 0, softDeleteDays: 0 } as const
    expect((await clean({ ...plan, retention })).stdout).not.toContain('Note')
  })

  test('takes ages in days, and has its defaults', async () => {
    expect((await clean(plan)).asked).toMatchObject({ confirm: false, keepTrashSeconds: 604_800, graceSeconds: 3600 })
    const { asked } = await clean(plan, '--confirm', '--keep-trash', '2d', '--grace', '0', '--blobs')
    expect(asked).toMatchObject({ confirm: true, keepTrashSeconds: 172_800, graceSeconds: 0, blobs: true, tags: false })
    const wrong = await clean(plan, '--keep-trash', 'soon')
    expect(wrong).toMatchObject({ exit: 64, asked: undefined })
    expect(wrong.stderr).toContain('--keep-trash takes an age like 7d, 12h or 0, not "soon"')
  })

  test('names a file of rules that cannot be read', async () => {
    const { exit, stderr, asked } = await clean(plan, '--config', '/nowhere/rules.yaml')
    expect({ exit, asked }).toEqual({ exit: 6, asked: undefined })
    expect(stderr).toContain('/nowhere/rules.yaml')
  })
})
