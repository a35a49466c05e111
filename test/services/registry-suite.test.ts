import { afterAll, beforeAll, describe, test } from 'vitest'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { registryCases } from '../../src/testing/registry-suite.ts'
import { RepositoryClient } from '../../src/testing/repository-client.ts'
import { describeWithServices } from './describe-with-services.ts'
import { startRegistry } from './start-registry.ts'

/** Checks that docker-registry 2.8 does not pass, and why that is no fault of the check. */
const waivers: Readonly<Record<string, string>> = {
  'a blob goes up in one POST': 'optional in the specification; 2.8 opens an upload instead',
  'a chunk that leaves a gap is answered 416': '2.8 answers 500 and keeps its offset',
  'tags come in order and in pages that Link to the next': '2.8 ignores n, and its order is that of the disk',
  'what refers to a manifest is listed': '2.8 is older than the referrers API',
}

type Registry = AsyncDisposable & { readonly url: string }

function registrySuite(start: () => Promise<Registry>, waived: Readonly<Record<string, string>> = {}): void {
  let registry: Registry
  beforeAll(async () => {
    registry = await start()
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  for (const [title, check] of registryCases) {
    test(title, async ({ expect, skip }) => {
      const checked = check(new RepositoryClient(registry.url))
      const reason = waived[title]
      if (reason === undefined) return checked
      // a waiver that is no longer needed is a failure too
      await expect(checked).rejects.toThrow()
      skip(`waived: ${reason}`)
    })
  }
}

describe('the fake registry', () => registrySuite(() => startFakeRegistry()))
describe('the fake registry that names uploads by absolute URLs', () =>
  registrySuite(() => startFakeRegistry({ quirks: { uploadLocation: 'absolute' } })))
describeWithServices(['docker-registry'], 'docker-registry 2.8', () => registrySuite(() => startRegistry(), waivers))
