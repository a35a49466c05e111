import { execFile } from 'node:child_process'
import { ownNamespaces } from './engine-refusal.ts'
import { type ServerProcess, startProcess } from './start-process.ts'

/**
 * Starts an engine in namespaces of its own for mounts and processes: when it ends, in whatever way, its containers end with it and
 * what it has mounted is gone.
 */
export function startEngine(
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  return startProcess('unshare', [...ownNamespaces, ...init, program, ...args], ready, env)
}

/**
 * Its /run is its own too: a short path, for podman does not find its containers' ends under a long one. And the first process of a
 * namespace has to wait for those whose parent is gone, which a shell does.
 */
const init = ['sh', '-c', 'mount -t tmpfs tmpfs /run && "$@"; exit $?', 'init']

/** Runs a program to a success and answers what it printed. `input` is what it reads. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, input }: { readonly env: Readonly<Record<string, string>>; readonly input?: Uint8Array | undefined },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settings = { env: { ...env }, encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 } as const
    const child = execFile(program, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stderr}${stdout.subarray(0, 4096)}`))
    })
    // What ends before it has read everything says itself why.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
