import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { BenchReport } from '../../bench/bench-report.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { checkout } from '../structure/source-files.ts'

describeWithServices(['docker-registry', 'crane'], 'the benchmark, as small as it gets,', () => {
  test('measures lading and a peer, and leaves nothing behind', { timeout: 120_000 }, async () => {
    const folder = await newFolder()
    const json = path.join(folder, 'report.json')
    const small = ['--runs', '1', '--scale', '0.0001', '--size', 'c.platforms=2', '--size', 'd.platforms=2']
    const args = ['bench/main.ts', ...small, '--only', 'a,c,d,h,k', '--peers', 'crane', '--json', json]
    // the sources themselves: what is built may be of another day
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...args, '--lading', path.join(checkout, 'bin/lading.js')],
      { cwd: checkout },
    )
    const report: BenchReport = JSON.parse(await readFile(json, 'utf8'))
    const contests = report.scenarios.flatMap(scenario => scenario.contests)
    expect(contests.map(({ title }) => title)).toEqual([
      'pulled',
      'pulled',
      'pushed',
      'pushed to the registry again',
      'pulled to a bucket on disk again',
      'layout to layout',
      'every blob read',
    ])
    for (const { rows } of contests) {
      expect(rows.map(({ failure }) => failure).filter(Boolean)).toEqual([])
      for (const { samples } of rows) {
        expect(samples).toHaveLength(1)
        expect(samples[0]?.seconds).toBeGreaterThan(0)
        expect(samples[0]?.cpuSeconds).toBeGreaterThan(0)
      }
    }
    const again = contests[3]?.rows ?? []
    expect(again.map(({ name }) => name)).toEqual(['lading', 'crane'])
    for (const { counted } of again) expect(counted?.requests).toBeGreaterThan(0)
    expect(stdout).toContain('### (d) pushed to the registry again')
    const [, ...folders] = /works in (.+) and (.+)/.exec(stderr) ?? []
    expect(folders).toHaveLength(2)
    expect(folders.filter(each => existsSync(each))).toEqual([])
  })
})
