import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { memoryStore, openStore } from '../../src/stores/index.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { lading, newFolder } from '../e2e/lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { imageOf } from './push-built.ts'
import { tagRaces } from './tag-races.ts'

describe('in memory', () => tagRaces(async () => memoryStore()))

const newStore = () => mkdtemp(path.join(temporaryFolder(), 'race-'))

describe('in a directory', () => tagRaces(async () => openStore({ scheme: 'local', root: await newStore() })))

describe('processes at once', () => {
  const names = ['a', 'b', 'c', 'd', 'e']

  async function copyAll(...options: string[]) {
    const folder = await newFolder()
    const layout = path.join(folder, 'layout')
    await writeLayout(layout, Object.fromEntries(names.map(name => [name, imageOf(name)])))
    const to = `local://${folder}/store//app:v1`
    const runs = await Promise.all(names.map(name => lading(['copy', ...options, `oci:${layout}:${name}`, to])))
    const { stdout } = await lading(['history', '--output=json', to])
    const pushes: { digest: string; pushedAt: string }[] = JSON.parse(stdout).pushes
    return { runs, pushes }
  }

  test('push to a tag one after the other', async () => {
    const { runs, pushes } = await copyAll()
    expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0))
    expect(pushes.map(({ digest }) => digest).sort()).toEqual(names.map(name => imageOf(name).root.digest).sort())
  })

  test('of which each wants to create a tag: one does, and the others exit with 1 and name its digest and time', async () => {
    const { runs, pushes } = await copyAll('--if-absent')
    const [winner] = pushes
    expect(pushes).toHaveLength(1)
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1, 1])
    for (const { stderr } of runs.filter(({ code }) => code !== 0)) {
      expect(stderr).toContain(`holds ${winner?.digest}, pushed ${winner?.pushedAt.replace('.000', '')}`)
    }
  })
})
