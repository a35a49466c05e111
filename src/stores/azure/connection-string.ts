import { LadingError } from '../../errors/index.ts'

/** What a connection string of a storage account says about its blobs. */
export interface AzureConnection {
  readonly endpoint: string
  readonly account: string | undefined
  readonly key: string | undefined
  /** Without the `?`. */
  readonly sas: string | undefined
}

/** The account of every emulator; its key is published by Microsoft and opens nothing else. */
const emulator = {
  endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  sas: undefined,
} as const

/**
 * Reads `Name=value;…` as the portal gives it. Values hold `=` and names have no case.
 *
 * @throws LadingError `bad-argument`; the text is a secret and stands in no message
 */
export function parseConnectionString(text: string): AzureConnection {
  const values = new Map<string, string>()
  for (const part of text.split(';')) {
    const equals = part.indexOf('=')
    if (part.trim() === '') continue
    if (equals === -1) throw bad('a part of it has no "="')
    values.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim())
  }
  if (values.get('usedevelopmentstorage') === 'true') return emulator
  const account = values.get('accountname') || undefined
  const protocol = values.get('defaultendpointsprotocol') || 'https'
  const suffix = values.get('endpointsuffix') || 'core.windows.net'
  const given = values.get('blobendpoint') || undefined
  if (given === undefined && account === undefined) throw bad('it names neither AccountName nor BlobEndpoint')
  const endpoint = given ?? `${protocol}://${account}.blob.${suffix}`
  if (!URL.canParse(endpoint)) throw bad('its endpoint is not a URL')
  const key = values.get('accountkey') || undefined
  if (key !== undefined && account === undefined) throw bad('it has AccountKey without AccountName')
  const sas = values.get('sharedaccesssignature')?.replace(/^\?/, '') || undefined
  return { endpoint, account, key, sas }
}

function bad(why: string): LadingError {
  return new LadingError('bad-argument', `AZURE_STORAGE_CONNECTION_STRING is not a connection string: ${why}`, {
    hint: 'copy it whole from the storage account’s access keys, and quote it: the shell ends a command at ";"',
  })
}
