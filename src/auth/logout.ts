import { LadingError } from '../errors/index.ts'
import { readAuthFile } from './auth-file.ts'
import { type AuthFileSearch, authFilePaths, loginAuthFile } from './auth-file-paths.ts'
import { changeAuthFile } from './auth-file-write.ts'
import { eraseFromHelper } from './credential-helper.ts'
import { helperServer, parseLoginTarget } from './login.ts'
import { registryOfKey } from './registry-key.ts'

export interface LogoutOptions extends AuthFileSearch {
  /** What was given to `login`. */
  readonly registry?: string | undefined
  /** Every registry. */
  readonly all?: boolean | undefined
}

/**
 * Forgets credentials that `login`, or a containers tool, has kept.
 *
 * @throws LadingError `bad-argument` where there are none for the registry
 */
export async function logout(options: LogoutOptions): Promise<void> {
  const path = loginAuthFile(options)
  if (options.all) return logoutAll(path, options)
  const { host, key } = parseLoginTarget(options.registry ?? '')
  const file = await readAuthFile(path)
  const helper = file?.credHelpers.get(host) ?? file?.credsStore
  const erased =
    helper !== undefined && (await eraseFromHelper(helper, helperServer(host), { environment: options.environment }))
  let removed = false
  await changeAuthFile(path, document => {
    const kept = Object.entries(document.auths ?? {}).filter(([name]) => !isKeyOf(name, key))
    removed = kept.length < Object.keys(document.auths ?? {}).length
    if (removed) document.auths = Object.fromEntries(kept)
    return removed
  })
  if (!removed && !erased) throw await notLoggedIn(key, path, options)
}

async function logoutAll(path: string, options: LogoutOptions): Promise<void> {
  for (const [registry, helper] of (await readAuthFile(path))?.credHelpers ?? []) {
    await eraseFromHelper(helper, helperServer(registry), { environment: options.environment })
  }
  await changeAuthFile(path, document => {
    if (Object.keys(document.auths ?? {}).length === 0) return false
    document.auths = {}
    return true
  })
}

/** Whether an entry is the one that a login wrote: the key itself, or an old tool's URL for the same host. */
function isKeyOf(name: string, key: string): boolean {
  return name === key || registryOfKey(name) === key
}

/** Names the file that does hold the credentials, since it is another tool's to change. */
async function notLoggedIn(key: string, path: string, options: AuthFileSearch): Promise<LadingError> {
  const others = await Promise.all(
    authFilePaths(options)
      .filter(other => other !== path)
      .map(readAuthFile),
  )
  const holder = others.find(file => [...(file?.auths.keys() ?? [])].some(name => isKeyOf(name, key)))
  return new LadingError('bad-argument', `there are no credentials for ${key} in ${path}`, {
    hint:
      holder === undefined
        ? 'the registry is written as it was for `lading login`'
        : `they are in ${holder.path}: log out with the tool that wrote it, or with --authfile ${holder.path}`,
  })
}
