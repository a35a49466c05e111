import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { type Case, caseTitle } from './differential/case.ts'
import { imageCases, transportCases } from './differential/matrix.ts'
import { bothPrograms, type RunBoth } from './differential/run-both.ts'

describeWithServices(['skopeo', 'docker-registry'], 'probe', () => {
  let registry: RegistryServer
  let run: RunBoth
  beforeAll(async () => {
    registry = await startRegistry({ schema1: true })
    run = bothPrograms(peer('skopeo'), registry.host)
  })
  afterAll(() => registry.stop())
  test.each([['t', transportCases], ['i', imageCases]] as const)('%s', async (name, cases) => {
    const t = Date.now()
    const out: string[] = []
    const todo = [...cases]
    await Promise.all(Array.from({length: 1}, async () => {
      for (let one = todo.shift(); one; one = todo.shift()) {
        try {
          for (const d of await run(one)) out.push(JSON.stringify({ case: caseTitle(one), ...d, ours: d.ours ?? null, theirs: d.theirs ?? null }))
        } catch (e) { out.push(JSON.stringify({ case: caseTitle(one), at: 'THROWN', ours: String((e as Error).stack).slice(0, 600) })) }
      }
    }))
    writeFileSync(`/tmp/diff-out-${name}.jsonl`, out.join('\n'))
    console.log((globalThis as any).T, name, cases.length, out.length, Date.now() - t)
  }, 600_000)
})
