import type { Environment } from '../programs/find-program.ts'
import { openWorkFolder, type WorkFolder } from '../programs/work-folder.ts'
import { findStorageTool } from './find-storage-tool.ts'
import type { ContainersStorageReference } from './reference.ts'
import type { StorageTool } from './storage-tool.ts'

/** The tool for a storage, and a folder that its temporary files, and ours, are removed with. @throws LadingError `program-not-found` */
export async function openTool(
  reference: ContainersStorageReference,
  environment: Environment,
): Promise<{ readonly tool: StorageTool; readonly work: WorkFolder }> {
  const work = await openWorkFolder(environment)
  try {
    return { work, tool: await findStorageTool(reference, work) }
  } catch (error) {
    await work[Symbol.asyncDispose]()
    throw error
  }
}
