/** A registry of Amazon ECR, and where its tokens come from. */
export interface EcrRegistry {
  readonly service: 'ecr' | 'ecr-public'
  readonly region: string
  /** The API that gives tokens and makes repositories: its origin. */
  readonly endpoint: string
  /** The AWS account whose registry it is; the public registry has none. */
  readonly account?: string
}

/** AWS's partitions by the domain that their registries stand under, and the domain of their APIs. */
const partitions: Readonly<Record<string, string>> = {
  'amazonaws.com': 'amazonaws.com',
  'amazonaws.com.cn': 'amazonaws.com.cn',
  'amazonaws.eu': 'amazonaws.eu',
  'sc2s.sgov.gov': 'sc2s.sgov.gov',
  'c2s.ic.gov': 'c2s.ic.gov',
  'cloud.adc-e.uk': 'cloud.adc-e.uk',
  'csp.hci.ic.gov': 'csp.hci.ic.gov',
  'on.aws': 'amazonaws.com',
  'on.amazonwebservices.com.cn': 'amazonaws.com.cn',
}

const privateHost = /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/

/**
 * Reads what a registry's host says of ECR; `undefined` where it is no ECR registry.
 *
 * Amazon ECR user guide, "Registry authentication": `<account>.dkr.ecr.<region>.amazonaws.com`, with `-fips` for FIPS endpoints and
 * `dkr-ecr` under `on.aws` for dual stack. Tokens of the public registry are given in us-east-1 alone.
 */
export function parseEcrRegistry(host: string): EcrRegistry | undefined {
  const name = host.toLowerCase()
  if (name === 'public.ecr.aws' || name === 'ecr-public.aws.com') {
    return { service: 'ecr-public', region: 'us-east-1', endpoint: 'https://api.ecr-public.us-east-1.amazonaws.com' }
  }
  const [, account, fips, region, domain] = privateHost.exec(name) ?? []
  const api = domain === undefined ? undefined : partitions[domain]
  if (account === undefined || region === undefined || api === undefined) return undefined
  const prefix = fips === undefined ? 'api.ecr' : 'ecr-fips'
  return { service: 'ecr', region, endpoint: `https://${prefix}.${region}.${api}`, account }
}
