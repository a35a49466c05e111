import type { SourceTree } from './source-files.ts'

interface Rule {
  readonly pattern: RegExp
  readonly why: string
  /** Files that own what the rule is about. */
  readonly except?: readonly string[]
}

/** Forms that work on Linux alone, each with what takes its place. */
const rules: readonly Rule[] = [
  { pattern: /['"`]\/tmp(?:\/|['"`])/, why: 'names /tmp: os.tmpdir() says where temporary files go' },
  { pattern: /\bprocess\.(?:get|set)e?[ug]id\(/, why: 'asks for a user id, which Windows has not: call it with ?.()' },
  {
    pattern: /new URL\([^)]*\)\.pathname/,
    why: 'takes the pathname of a URL for a path: fileURLToPath, or import.meta.dirname',
  },
  { pattern: /['"`]file:\/\/\$?/, why: 'makes a file: URL of text: pathToFileURL' },
  {
    pattern: /\$\{[\w.]*(?:[Ff]older|[Dd]irectory|[Hh]ome|[Tt]mpdir\(\)|[Cc]ache)\}\//,
    why: 'joins paths as text: path.join',
    // keys of a bucket, whose separator is /
    except: ['src/layout/keys.ts', 'src/bucket/health/check-leftovers.ts'],
  },
  {
    pattern: /\b(?:env|environment)\.(?:HOME|USERPROFILE|LOCALAPPDATA)\b/,
    why: 'finds a home by itself: homeFolder or cacheFolder',
  },
  {
    pattern: /\.sep\b.*===? ?['"]\/|split\(['"]\/['"]\)\.at\(-1\) ?\/\/ path/,
    why: 'takes / for the separator: path.sep',
  },
  {
    pattern: /\$\{[^}]*[dD]igest\}\.(?:json|tmp|lock)/,
    why: 'names a file by a digest, which has a colon: digestParts',
  },
  { pattern: /process\.kill\([^,]+, ?['"]SIG(?!KILL|TERM|INT)/, why: 'sends a signal that Windows has not' },
  { pattern: /\bumask\(/, why: 'changes the umask of all threads' },
]

/** What is wrong with the files of a tree, each as a sentence that names the file and the line. */
export function unportable(tree: SourceTree): string[] {
  return [...tree].flatMap(([file, text]) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        rules
          .filter(({ pattern, except = [] }) => !except.includes(file) && pattern.test(withoutComment(line)))
          .map(({ why }) => `${file}:${at + 1} ${why}`),
      ),
  )
}

function withoutComment(line: string): string {
  return line.replace(/^\s*(?:\*|\/\/|\/\*).*$/, '').replace(/\s\/\/ .*$/, '')
}
