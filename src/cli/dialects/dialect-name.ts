const dialects = ['skopeo', 's3lo'] as const

/** Another tool under whose name lading takes that tool's command line. */
export type DialectName = (typeof dialects)[number]

export interface SpokenAs {
  readonly dialect: DialectName | undefined
  /** The words after that name. */
  readonly argv: readonly string[]
}

/** Which tool is meant: by the name of the program, as a symbolic link gives it one, or by the first word. */
export function spokenAs(program: string, argv: readonly string[]): SpokenAs {
  const name = /([^/\\]*?)(?:\.(?:c?js|mjs|exe|cmd))?$/.exec(program)?.[1]
  const byProgram = dialects.find(one => one === name)
  if (byProgram !== undefined) return { dialect: byProgram, argv }
  const byWord = dialects.find(one => one === argv[0])
  return { dialect: byWord, argv: byWord === undefined ? argv : argv.slice(1) }
}
