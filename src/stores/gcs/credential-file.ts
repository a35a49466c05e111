import path from 'node:path'
import * as v from 'valibot'
import { LadingError, systemCode } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

const fileSchema = v.looseObject({ type: v.string(), quota_project_id: v.exactOptional(v.string()) })

/** What `gcloud` or the console wrote: a key, a login, or how to get a token from somebody else's. */
export interface CredentialFile {
  readonly path: string
  readonly content: v.InferOutput<typeof fileSchema>
}

/**
 * The file of Application Default Credentials, https://cloud.google.com/docs/authentication/application-default-credentials:
 * what GOOGLE_APPLICATION_CREDENTIALS names, else what `gcloud auth application-default login` left, if it did.
 *
 * @throws LadingError `bad-auth-file`
 */
export async function findCredentialFile(environment: Environment): Promise<CredentialFile | undefined> {
  const named = environment.GOOGLE_APPLICATION_CREDENTIALS
  if (named) return parse(named, await read(named))
  const folder = configFolder(environment)
  if (folder === undefined) return undefined
  const file = path.join(folder, 'application_default_credentials.json')
  const text = await read(file).catch(error => {
    if (systemCode(error.cause) === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parse(file, text)
}

function configFolder({ CLOUDSDK_CONFIG, APPDATA, HOME }: Environment): string | undefined {
  if (CLOUDSDK_CONFIG) return CLOUDSDK_CONFIG
  if (process.platform === 'win32') return APPDATA && path.join(APPDATA, 'gcloud')
  return HOME && path.join(HOME, '.config/gcloud')
}

async function read(file: string): Promise<string> {
  try {
    return (await readSmallFile(file)).toString()
  } catch (cause) {
    const why = systemCode(cause) === 'ENOENT' ? 'it does not exist' : (systemCode(cause) ?? 'it cannot be read')
    throw bad(file, why, cause)
  }
}

function parse(file: string, text: string): CredentialFile {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // Without its cause, whose message quotes the file.
    throw bad(file, 'it is not JSON')
  }
  const parsed = v.safeParse(fileSchema, json)
  if (!parsed.success) throw bad(file, 'it does not say what type of credentials it holds')
  return { path: file, content: parsed.output }
}

function bad(file: string, why: string, cause?: unknown): LadingError {
  return new LadingError('bad-auth-file', `the Google credentials in ${file} cannot be used: ${why}`, {
    cause,
    hint: 'name a key file with GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`',
  })
}
