/**
 * Command lines that scripts have. `{reg}` is the registry, `{own}` a repository and `{out}` a folder that each program has for
 * itself; an underscore is a space within a word.
 */
export interface Invocation {
  readonly title: string
  /** One after another, each without the program's name. */
  readonly lines: readonly string[]
  /** Whether what the last line prints is the same for both. */
  readonly prints?: true
  /** Images whose digests are the same for both. */
  readonly leaves: readonly string[]
  /** Files whose content is. */
  readonly files?: readonly string[]
  /** Files that are there before, in the folder `{given}`. */
  readonly given?: Readonly<Record<string, string>>
}

export const invocations: readonly Invocation[] = [
  {
    title: 'mirror one image in CI',
    lines: [
      'copy --src-tls-verify=false --dest-tls-verify=false docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1',
    ],
    leaves: ['docker://{reg}/{own}/small:v1'],
  },
  {
    title: 'mirror all platforms',
    lines: ['copy --all docker://{reg}/org/app:v1 docker://{reg}/{own}/app:v1'],
    leaves: ['docker://{reg}/{own}/app:v1'],
  },
  {
    title: 'mirror with the digests kept',
    lines: ['copy -a --preserve-digests docker://{reg}/org/app:v2 docker://{reg}/{own}/app:v2'],
    leaves: ['docker://{reg}/{own}/app:v2'],
  },
  {
    title: 'the whole image with --multi-arch all',
    lines: ['copy --multi-arch all docker://{reg}/org/app:v1 docker://{reg}/{own}/app:v1'],
    leaves: ['docker://{reg}/{own}/app:v1'],
  },
  {
    title: 'this platform with --multi-arch=system',
    lines: ['copy --multi-arch=system docker://{reg}/org/app:v1 docker://{reg}/{own}/app:v1'],
    leaves: ['docker://{reg}/{own}/app:v1'],
  },
  {
    title: 'over an air gap in a directory',
    lines: [
      'copy --all docker://{reg}/org/app:v1 dir:{out}/carried',
      'copy --all dir:{out}/carried docker://{reg}/{own}/app:v1',
    ],
    leaves: ['dir:{out}/carried', 'docker://{reg}/{own}/app:v1'],
  },
  {
    title: 'over an air gap in an oci-archive',
    lines: [
      'copy docker://{reg}/org/small:v1 oci-archive:{out}/carried.tar:v1',
      'copy oci-archive:{out}/carried.tar:v1 docker://{reg}/{own}/small:v1',
    ],
    leaves: ['oci-archive:{out}/carried.tar:v1', 'docker://{reg}/{own}/small:v1'],
  },
  {
    title: 'into an OCI layout, several tags',
    lines: [
      'copy docker://{reg}/org/small:v1 oci:{out}/layout:v1',
      'copy docker://{reg}/org/app:v1 oci:{out}/layout:v2',
    ],
    leaves: ['oci:{out}/layout:v1', 'oci:{out}/layout:v2'],
  },
  {
    title: 'with --format v2s2 for an old registry',
    lines: ['copy --format v2s2 docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1'],
    leaves: ['docker://{reg}/{own}/small:v1'],
  },
  {
    title: 'an archive with additional tags',
    lines: [
      'copy --additional-tag app:stable --additional-tag=org/app:2 docker://{reg}/org/small:v1 docker-archive:{out}/a.tar:app:v1',
      'list-tags docker-archive:{out}/a.tar',
    ],
    prints: true,
    leaves: [],
  },
  {
    title: 'by a digest, which is written to a file',
    lines: [
      'copy --digestfile {out}/first docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1',
      'copy --digestfile={out}/second docker://{reg}/org/app:v2 dir:{out}/dir',
    ],
    leaves: ['docker://{reg}/{own}/small:v1', 'dir:{out}/dir'],
    files: ['{out}/first', '{out}/second'],
  },
  {
    title: 'quietly',
    lines: ['copy -q docker://{reg}/org/small:v1 dir:{out}/dir'],
    prints: true,
    leaves: ['dir:{out}/dir'],
  },
  {
    title: 'from one directory to another, the options last',
    lines: ['copy docker://{reg}/org/app:v2 dir:{out}/one --all', 'copy dir:{out}/one dir:{out}/two --all --quiet'],
    prints: true,
    leaves: ['dir:{out}/one', 'dir:{out}/two'],
  },
  {
    title: 'with --remove-signatures and --insecure-policy, as scripts have it',
    lines: ['--insecure-policy copy --remove-signatures docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1'],
    leaves: ['docker://{reg}/{own}/small:v1'],
  },
  {
    title: 'inspect --raw',
    lines: ['inspect --raw docker://{reg}/org/app:v1'],
    prints: true,
    leaves: [],
  },
  {
    title: 'inspect --config',
    lines: ['inspect --config --raw docker://{reg}/org/small:v1'],
    prints: true,
    leaves: [],
  },
  {
    title: 'inspect, the digest alone',
    lines: ['inspect --format {{.Digest}}_{{.Architecture}} docker://{reg}/org/app:v1'],
    prints: true,
    leaves: [],
  },
  {
    title: 'inspect',
    lines: ['inspect docker://{reg}/org/small:v1'],
    prints: true,
    leaves: [],
  },
  {
    title: 'list-tags',
    lines: ['list-tags docker://{reg}/org/app'],
    prints: true,
    leaves: [],
  },
  {
    title: 'delete what was copied',
    lines: ['copy docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1', 'delete docker://{reg}/{own}/small:v1'],
    prints: true,
    leaves: [],
  },
  {
    title: 'manifest-digest of a directory',
    lines: ['copy docker://{reg}/org/small:v1 dir:{out}/dir', 'manifest-digest {out}/dir/manifest.json'],
    prints: true,
    leaves: [],
  },
  {
    title: 'sync a repository to a directory, and that to a registry',
    lines: [
      'sync --all --src docker --dest dir {reg}/org/app {out}',
      'sync --all --src dir --dest docker {out} {reg}/{own}',
    ],
    leaves: ['dir:{out}/app:v1', 'dir:{out}/app:v2', 'docker://{reg}/{own}/app:v1', 'docker://{reg}/{own}/app:v2'],
  },
  {
    title: 'sync what a YAML file names, scoped',
    given: { 'sync.yml': '{reg}:\n  tls-verify: false\n  images:\n    org/app: [v1]\n    org/small: []\n' },
    lines: ['sync --scoped --src yaml --dest dir {given}/sync.yml {out}'],
    leaves: ['dir:{out}/{reg}/org/app:v1', 'dir:{out}/{reg}/org/small:v1'],
  },
  {
    title: 'a layer that is compressed already, with --dest-precompute-digests',
    lines: ['copy --dest-precompute-digests docker://{reg}/org/small:v1 docker://{reg}/{own}/small:v1'],
    leaves: ['docker://{reg}/{own}/small:v1'],
  },
  {
    title: 'the image of another system',
    lines: ['--override-arch arm64 copy docker://{reg}/org/app:v1 docker://{reg}/{own}/app:arm'],
    leaves: ['docker://{reg}/{own}/app:arm'],
  },
  {
    title: 'the index alone',
    lines: ['copy --multi-arch index-only docker://{reg}/org/app:v1 dir:{out}/index'],
    leaves: ['dir:{out}/index'],
  },
  {
    title: 'with retries and a limit of time, as CI has it',
    lines: [
      '--command-timeout 5m copy --retry-times 3 --image-parallel-copies 2 docker://{reg}/org/app:v1 docker://{reg}/{own}/app:v1',
    ],
    leaves: ['docker://{reg}/{own}/app:v1'],
  },
  {
    title: 'layouts that share their blobs',
    lines: [
      'copy --dest-shared-blob-dir {out}/blobs docker://{reg}/org/small:v1 oci:{out}/layout:v1',
      'copy --src-shared-blob-dir {out}/blobs oci:{out}/layout:v1 dir:{out}/dir',
    ],
    leaves: ['dir:{out}/dir'],
    files: ['{out}/layout/index.json'],
  },
]
