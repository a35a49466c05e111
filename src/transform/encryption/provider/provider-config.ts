import * as v from 'valibot'
import { LadingError, systemCode } from '../../../errors/index.ts'
import { readJson } from '../../../model/read-json.ts'
import { readSmallFile } from '../../../streams/index.ts'
import type { Environment } from '../../../transports/programs/find-program.ts'

/** Names the file that says which program wraps and opens keys: ocicrypt, docs/keyprovider.md. */
const variable = 'OCICRYPT_KEYPROVIDER_CONFIG'

const providerSchema = v.looseObject({
  cmd: v.nullish(v.looseObject({ path: v.optional(v.string(), ''), args: v.nullish(v.array(v.string()), []) })),
  grpc: v.nullish(v.string(), ''),
})
const schema = v.looseObject({ 'key-providers': v.nullish(v.record(v.string(), providerSchema), {}) })

export interface ProviderCommand {
  readonly path: string
  readonly args: readonly string[]
}

/** @throws LadingError `bad-config`, or `unsupported` for a provider that is a server */
export async function readProviderCommand(name: string, environment: Environment): Promise<ProviderCommand> {
  const file = environment[variable] ?? ''
  const refused = (why: string) =>
    new LadingError('bad-config', `the key provider ${JSON.stringify(name)} cannot be used: ${why}`, {
      operation: 'read the key provider',
      subject: file === '' ? undefined : file,
      hint: `${variable} names a file like {"key-providers": {"${name}": {"cmd": {"path": "/usr/bin/program", "args": []}}}}`,
    })
  if (file === '') throw refused(`${variable} is not set`)
  const providers = await readProviders(file, refused)
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
  if (provider === undefined) throw refused('the file does not name it')
  const { cmd, grpc } = provider
  if (cmd?.path) return { path: cmd.path, args: cmd.args ?? [] }
  if (!grpc) throw refused('the file names no program for it')
  throw new LadingError('unsupported', `the key provider ${JSON.stringify(name)} is a server that speaks gRPC`, {
    subject: file,
    hint: 'a provider that is a program ("cmd") can be used: one that passes on what it is given to the server, for instance',
  })
}

async function readProviders(file: string, refused: (why: string) => LadingError) {
  try {
    return v.parse(schema, readJson(await readSmallFile(file)))['key-providers'] ?? {}
  } catch (error) {
    throw refused(systemCode(error) === 'ENOENT' ? 'the file is not there' : 'the file cannot be read')
  }
}
