import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { newFolder } from './lading.ts'

/** Of OCI types alone: skopeo and umoci put no Docker types into a layout. */
const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
/** One platform at a time: umoci does not choose from an index. */
const linux = (architecture: string) => ({ platforms: [{ os: 'linux', architecture }] })

describeWithServices(['skopeo', 'oras', 'umoci'], 'a layout that we and others write to in turn', () => {
  test.each([
    {
      name: 'skopeo',
      give: (layout: string) => ['copy', '--all', '--preserve-digests', `oci:${layout}:ours`, `oci:${layout}:theirs`],
      read: (layout: string) => ['inspect', '--raw', `oci:${layout}:more`],
    },
    {
      name: 'oras',
      give: (layout: string) => ['tag', '--oci-layout', `${layout}:ours`, 'theirs'],
      read: (layout: string) => ['manifest', 'fetch', '--oci-layout', `${layout}:more`],
    },
    {
      name: 'umoci',
      give: (layout: string) => ['tag', '--image', `${layout}:ours`, 'theirs'],
      read: (layout: string) => ['stat', '--image', `${layout}:more`],
    },
  ] as const)('holds what $name and we put in, for both', async ({ name, give, read }) => {
    const layout = path.join(await newFolder(), 'layout')
    const { digest } = await copyImage(image, `oci:${layout}:ours`, linux('amd64'))
    const tool = peer(name)
    await tool.run(give(layout))
    const more = await copyImage(image, `oci:${layout}:more`, linux('arm64'))
    await tool.run(read(layout))
    for (const [entry, expected] of [
      ['ours', digest],
      ['theirs', digest],
      ['more', more.digest],
    ]) {
      expect((await inspectImage(`oci:${layout}:${entry}`)).digest).toBe(expected)
    }
  })
})

describeWithServices(['docker-registry', 'crane'], 'a layout that we wrote', () => {
  test('is pushed by crane', async () => {
    await using registry = await startRegistry()
    const layout = path.join(await newFolder(), 'layout')
    const { digest } = await copyImage(image, `oci:${layout}:v1`)
    await peer('crane').run(['push', '--insecure', '--index', layout, `${registry.host}/crane/hello:v1`])
    expect((await inspectImage(`${registry.host}/crane/hello@${digest}`)).digest).toBe(digest)
  })
})
