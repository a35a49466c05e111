import { LadingError } from '../../errors/index.ts'
import { findProgram } from '../programs/find-program.ts'
import type { WorkFolder } from '../programs/work-folder.ts'
import { podmanTool } from './podman-tool.ts'
import type { ContainersStorageReference } from './reference.ts'
import { skopeoTool } from './skopeo-tool.ts'
import type { StorageTool } from './storage-tool.ts'

/**
 * The tool for this machine's storage. Its format is theirs: who else writes into it must know each of their versions.
 *
 * @throws LadingError `program-not-found`
 */
export async function findStorageTool(
  reference: ContainersStorageReference,
  { environment, path: workFolder }: WorkFolder,
): Promise<StorageTool> {
  // skopeo keeps the digests, and says so; podman is there where somebody has images.
  for (const [name, open] of [
    ['skopeo', skopeoTool],
    ['podman', podmanTool],
  ] as const) {
    const program = await findProgram(name, environment)
    if (program !== undefined) return open({ reference, program, environment, workFolder })
  }
  throw new LadingError('program-not-found', 'neither skopeo nor podman is installed', {
    hint: "containers-storage: is read and written through either of them: install skopeo (Debian's and Fedora's package has that name)",
  })
}
