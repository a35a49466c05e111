import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly summary: string
  /** Loads the command's file. Only the command that is called is loaded. */
  load(): Promise<Command>
}

/** Every command, in the order of the help. The parser, the help and `docs/commands` are made from it. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'copy',
    summary: 'Copy an image from anywhere to anywhere',
    load: async () => (await import('./commands/copy.ts')).copyCommand,
  },
  {
    name: 'push',
    summary: 'Push an image from Docker into a bucket',
    load: async () => (await import('./commands/push.ts')).pushCommand,
  },
  {
    name: 'pull',
    summary: 'Pull an image from a bucket into Docker',
    load: async () => (await import('./commands/pull.ts')).pullCommand,
  },
  {
    name: 'list',
    summary: 'List the images of a bucket',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  {
    name: 'inspect',
    summary: 'Show what an image is made of',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand,
  },
  {
    name: 'list-tags',
    summary: 'List the tags of a repository',
    load: async () => (await import('./commands/list-tags.ts')).listTagsCommand,
  },
  {
    name: 'manifest-digest',
    summary: 'Compute the digest of a manifest file',
    load: async () => (await import('./commands/manifest-digest.ts')).manifestDigestCommand,
  },
  {
    name: 'sync',
    summary: 'Copy many images from one place to another',
    load: async () => (await import('./commands/sync.ts')).syncCommand,
  },
  {
    name: 'sign',
    summary: 'Sign an image',
    load: async () => (await import('./commands/sign.ts')).signCommand,
  },
  {
    name: 'verify',
    summary: 'Check who has signed an image',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'delete',
    summary: 'Delete an image',
    load: async () => (await import('./commands/delete.ts')).deleteCommand,
  },
  {
    name: 'history',
    summary: 'Show what was pushed to a tag of a bucket',
    load: async () => (await import('./commands/history.ts')).historyCommand,
  },
  {
    name: 'rollback',
    summary: 'Make a tag of a bucket hold what it held before',
    load: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  },
  {
    name: 'tag',
    summary: 'Give an image in a bucket another tag',
    load: async () => (await import('./commands/tag.ts')).tagCommand,
  },
  {
    name: 'restore',
    summary: 'Bring a deleted tag of a bucket back',
    load: async () => (await import('./commands/restore.ts')).restoreCommand,
  },
  {
    name: 'doctor',
    summary: 'Check a bucket, and whether every image in it is whole',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'repair',
    summary: 'Fetch what images of a bucket lack from where it still is',
    load: async () => (await import('./commands/repair.ts')).repairCommand,
  },
  {
    name: 'init',
    summary: 'Make a directory a bucket',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'clean',
    summary: 'Remove old tags, and blobs that nothing needs',
    load: async () => (await import('./commands/clean.ts')).cleanCommand,
  },
  {
    name: 'config',
    summary: 'Show or change the configuration of a bucket',
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  {
    name: 'stats',
    summary: 'Show what a bucket holds, shares and costs',
    load: async () => (await import('./commands/stats.ts')).statsCommand,
  },
  {
    name: 'generate-sigstore-key',
    summary: 'Make a key to sign images with',
    load: async () => (await import('./commands/generate-sigstore-key.ts')).generateSigstoreKeyCommand,
  },
  {
    name: 'scan',
    summary: 'Look for vulnerabilities in an image',
    load: async () => (await import('./commands/scan.ts')).scanCommand,
  },
  {
    name: 'sbom',
    summary: 'Print what an image is made of, as a bill of materials',
    load: async () => (await import('./commands/sbom.ts')).sbomCommand,
  },
  {
    name: 'login',
    summary: 'Store credentials for a registry',
    load: async () => (await import('./commands/login.ts')).loginCommand,
  },
  {
    name: 'logout',
    summary: 'Forget the credentials of a registry',
    load: async () => (await import('./commands/logout.ts')).logoutCommand,
  },
  {
    name: 'version',
    summary: 'Show the versions of lading and of what it runs on',
    load: async () => (await import('./commands/version.ts')).versionCommand,
  },
]
