import { isLadingError, LadingError } from '../errors/index.ts'
import { type AuthFile, credentialInFile, readAuthFile } from './auth-file.ts'
import { type AuthFileSearch, authFilePaths } from './auth-file-paths.ts'
import type { Credential } from './credential.ts'
import { getFromHelper } from './credential-helper.ts'
import { canonicalRegistry, dockerHubServer } from './registry-key.ts'

export interface CredentialFinderOptions extends AuthFileSearch {
  readonly helperTimeoutMs?: number | undefined
  /** Ends the helpers that run. */
  readonly signal?: AbortSignal | undefined
}

/** Finds who to be for a repository. `undefined` is anonymous. */
export interface CredentialFinder {
  /** @throws LadingError `bad-auth-file` */
  find(registry: string, repository: string | undefined): Promise<Credential | undefined>
  /** Helpers that failed so far: no reason to fail a public pull, but to be told when a registry refuses. */
  readonly problems: readonly string[]
}

/** A finder over files, which can be read before a registry asks. */
export interface LoadableCredentialFinder extends CredentialFinder {
  /** @throws LadingError `bad-auth-file` */
  load(): Promise<void>
}

/** Reads the authentication files and asks the helpers that they name; each file and each helper once. */
export function createCredentialFinder(options: CredentialFinderOptions = {}): LoadableCredentialFinder {
  return new FileCredentialFinder(options)
}

class FileCredentialFinder implements LoadableCredentialFinder {
  readonly problems: string[] = []
  readonly #options: CredentialFinderOptions
  readonly #answers = new Map<string, Promise<Credential | undefined>>()
  #files: Promise<AuthFile[]> | undefined

  constructor(options: CredentialFinderOptions) {
    this.#options = options
  }

  async load(): Promise<void> {
    await this.#read()
  }

  async find(registry: string, repository: string | undefined): Promise<Credential | undefined> {
    for (const file of await this.#read()) {
      const credential = await this.#findIn(file, canonicalRegistry(registry), repository)
      if (credential !== undefined) return credential
    }
    return undefined
  }

  #read(): Promise<AuthFile[]> {
    this.#files ??= readAuthFiles(this.#options)
    return this.#files
  }

  /** A registry's own helper comes first; `credsStore` last, since an entry with a secret needs no program to be run. */
  async #findIn(file: AuthFile, registry: string, repository: string | undefined): Promise<Credential | undefined> {
    const own = file.credHelpers.get(registry)
    const fromOwn = own === undefined ? undefined : await this.#ask(own, registry)
    if (fromOwn !== undefined) return fromOwn
    const written = credentialInFile(file, registry, repository)
    if (written !== undefined || file.credsStore === undefined || own !== undefined) return written
    return this.#ask(file.credsStore, registry)
  }

  #ask(helper: string, registry: string): Promise<Credential | undefined> {
    const key = `${helper} ${registry}`
    const known = this.#answers.get(key) ?? this.#askOnce(helper, registry)
    this.#answers.set(key, known)
    return known
  }

  async #askOnce(helper: string, registry: string): Promise<Credential | undefined> {
    const { environment, helperTimeoutMs: timeoutMs, signal } = this.#options
    // docker keeps Docker Hub under its old URL, the containers tools under docker.io.
    const servers = registry === 'docker.io' ? [dockerHubServer, registry] : [registry]
    try {
      for (const server of servers) {
        const credential = await getFromHelper(helper, server, { environment, timeoutMs, signal })
        if (credential !== undefined) return credential
      }
    } catch (error) {
      if (!isLadingError(error, 'credential-helper')) throw error
      this.problems.push(error.message)
    }
    return undefined
  }
}

/** A file that the user named must be there; of the usual places any may be empty. */
async function readAuthFiles(search: AuthFileSearch): Promise<AuthFile[]> {
  const files = await Promise.all(authFilePaths(search).map(readAuthFile))
  const found = files.filter(file => file !== undefined)
  if (search.authFile && found.length === 0) {
    throw new LadingError('bad-auth-file', 'the authentication file does not exist or cannot be read', {
      operation: 'read',
      side: 'local',
      subject: search.authFile,
      hint: 'check --authfile, or create the file with `lading login --authfile`',
    })
  }
  return found
}
