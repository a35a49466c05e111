import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import { openStore } from '../index.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-local-store-'))
afterAll(() => rm(directory, { recursive: true }))

let opened = 0
objectStoreSuite(
  { describe, test },
  { name: 'local', open: () => openStore({ scheme: 'local', root: join(directory, String(opened++)) }) },
)
