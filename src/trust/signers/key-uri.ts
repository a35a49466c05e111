import { LadingError } from '../../errors/index.ts'

/** Where a key is. */
export type KeyUri =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | {
      readonly kind: 'aws'
      readonly endpoint: string | undefined
      readonly id: string
      readonly region: string | undefined
    }
  | { readonly kind: 'google'; readonly key: string; readonly version: string | undefined }
  | { readonly kind: 'azure'; readonly host: string; readonly key: string; readonly version: string | undefined }
  | { readonly kind: 'vault'; readonly key: string }

/** In cosign's forms, and how each is written. */
const forms: Readonly<Record<string, string>> = {
  'awskms:': 'awskms:///alias/NAME, awskms:///KEY-ID or awskms:///ARN; an endpoint stands before the third slash',
  'gcpkms:': 'gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY[/versions/VERSION]',
  'azurekms:': 'azurekms://VAULT.vault.azure.net/KEY[/VERSION]',
  'hashivault:': 'hashivault://KEY, with VAULT_ADDR and VAULT_TOKEN in the environment',
  'openbao:': 'openbao://KEY, with BAO_ADDR and BAO_TOKEN in the environment',
  'env:': 'env://VARIABLE',
}

/** Other places that cosign knows. */
const elsewhere: Readonly<Record<string, string>> = {
  'k8s:': 'a Kubernetes secret; write its key to a file with `kubectl get secret`, or to a variable for env://VARIABLE',
  'pkcs11:': 'a PKCS #11 token; use a key in a file or in a key management service',
  'gitlab:': 'a variable of GitLab; give it to the job, and name it with env://VARIABLE',
  'github:': 'a secret of GitHub, which is handed to workflows alone; there name it with env://VARIABLE',
  'http:': 'a web page, which whoever answers for it may change; save the public key to a file',
  'https:': 'a web page, which whoever answers for it may change; save the public key to a file',
}

const uuid = 'm?r?k?-?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}'
const alias = 'alias/[A-Za-z0-9/_-]{1,250}'
const awsId = new RegExp(
  `^awskms://([^/?#@]*)/((?:arn:aws[a-z-]*:kms:([a-z0-9-]+):\\d{12}:(?:key/${uuid}|${alias}))|${uuid}|${alias})$`,
)
const part = '([A-Za-z0-9_.:-]+)'
const googleKey = new RegExp(
  `^gcpkms://(projects/${part}/locations/${part}/keyRings/${part}/cryptoKeys/${part})(?:/(?:cryptoKeyVersions|versions)/([0-9]+))?$`,
)
const azureKey = /^azurekms:\/\/([A-Za-z0-9.-]+)\/([A-Za-z0-9-]{1,127})(?:\/([a-z0-9]*))?$/
const vaultKey = /^(?:hashivault|openbao):\/\/(\w(?:[\w.-]*\w)?)$/
const variable = /^env:\/\/([A-Za-z_][A-Za-z0-9_]*)$/

/**
 * Reads where a key is. What has no scheme is a file.
 *
 * @throws LadingError `bad-argument`; `unsupported` for places of cosign's that are none of lading's
 */
export function parseKeyUri(text: string): KeyUri {
  const scheme = /^([a-z][a-z0-9+.-]+:)(?:\/\/|(?<=pkcs11:))/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    if (text === '') throw new LadingError('bad-argument', 'the name of a key is empty')
    return { kind: 'file', path: text }
  }
  const place = elsewhere[scheme]
  if (place !== undefined) {
    const [what = '', instead] = place.split('; ')
    throw new LadingError('unsupported', `${scheme} names ${what}, and no key is read there`, { hint: instead })
  }
  const aws = awsId.exec(text)
  if (aws !== null) return { kind: 'aws', endpoint: aws[1] || undefined, id: aws[2] ?? '', region: aws[3] }
  const google = googleKey.exec(text)
  if (google !== null) return { kind: 'google', key: google[1] ?? '', version: google.at(-1) }
  const azure = azureKey.exec(text)
  if (azure !== null)
    return { kind: 'azure', host: azure[1] ?? '', key: azure[2] ?? '', version: azure[3] || undefined }
  const vault = vaultKey.exec(text)
  if (vault !== null) return { kind: 'vault', key: vault[1] ?? '' }
  const named = variable.exec(text)
  if (named !== null) return { kind: 'environment', variable: named[1] ?? '' }
  throw new LadingError('bad-argument', `${text} does not name a key`, {
    hint:
      forms[scheme] === undefined
        ? `a key is a file, or one of ${Object.keys(forms)
            .map(one => `${one}//`)
            .join(', ')}`
        : `it is written ${forms[scheme]}`,
  })
}
