import { readFile } from 'node:fs/promises'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { servicePath } from '../services/peer.ts'

/** An image for this machine whose container says what its second layer holds. */
export async function busyboxImage(says: string): Promise<BuiltImage> {
  const program = { name: 'busybox', body: await readFile(servicePath('busybox')), at: { 100: '0000755' } }
  const words = { name: 'greeting', body: `${says}\n` }
  return buildImage({
    platform: `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
    layers: [tarArchive(program), tarArchive(words)],
    run: { Cmd: ['/busybox', 'cat', '/greeting'] },
  })
}
