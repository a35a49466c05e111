/** What a container of the image runs, and the script for it that is put into the image. */
export interface RunCommand {
  readonly command: string
  readonly script?: string
}

/** Where containers/image puts it, and so podman expects it. */
export const scriptPath = 'podman/runscript'

/** The environment and the run script of a definition file (Apptainer user guide, "Definition Files"), as one script. */
export function runCommand(definition: string | undefined): RunCommand {
  const sections: Record<string, string[]> = { '%environment': [], '%runscript': [] }
  let section: string | undefined
  for (const raw of (definition ?? '').split('\n')) {
    const line = raw.trim()
    if (line.startsWith('%')) section = line
    else if (section === '%runscript') sections['%runscript']?.push(line)
    else if (section === '%environment' && line !== '' && !line.startsWith('#')) sections['%environment']?.push(line)
  }
  const { '%environment': environment = [], '%runscript': script = [] } = sections
  // The last line of a file ends it, and begins no other.
  if (section === '%runscript' && script.at(-1) === '') script.pop()
  if (environment.length === 0 && script.length === 0) return { command: 'bash' }
  return {
    command: `/${scriptPath}`,
    script: `#!/bin/bash\n${environment.join('\n')}\n${script.join('\n')}\n`,
  }
}
