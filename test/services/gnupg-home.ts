import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { servicePath } from './peer.ts'

/** A folder of keys of GnuPG's own, with an agent of its own. */
export interface GnupgHome {
  readonly home: string
  readonly environment: NodeJS.ProcessEnv
  /** Makes a key that signs, without a passphrase unless one is given. */
  newKey(name: string, options?: { readonly passphrase?: string; readonly expires?: string }): Promise<string>
  /** Runs gpg, and gives what it writes. */
  run(...args: readonly string[]): Promise<Buffer>
  close(): void
}

const execute = promisify(execFile)

/** The path is short: what it holds is the socket of the agent, and a socket's path has at most 107 bytes. */
export function openGnupgHome(): GnupgHome {
  const home = mkdtempSync(path.join(tmpdir(), 'gpg-'))
  chmodSync(home, 0o700)
  const environment = { ...process.env, GNUPGHOME: home, LC_ALL: 'C.UTF-8' }
  const run = async (...args: readonly string[]) => {
    const options = { env: environment, encoding: 'buffer' } as const
    return (await execute(servicePath('gpg'), ['--batch', '--no-tty', ...args], options)).stdout
  }
  return {
    home,
    environment,
    run,
    async newKey(name, { passphrase = '', expires = 'never' } = {}) {
      const secret = ['--pinentry-mode', 'loopback', '--passphrase', passphrase]
      await run(...secret, '--quick-generate-key', name, 'ed25519', 'sign', expires)
      // the agent forgets what it was told
      if (passphrase !== '') execFileSync('gpgconf', ['--reload', 'gpg-agent'], { env: environment, stdio: 'ignore' })
      const listed = (await run('--with-colons', '--list-keys', name)).toString()
      return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? ''
    },
    close() {
      execFileSync('gpgconf', ['--kill', 'gpg-agent'], { env: environment, stdio: 'ignore' })
      rmSync(home, { recursive: true, force: true })
    },
  }
}
