/** A secret of each kind. Letters and digits alone: so it stands in what is percent-encoded or escaped as it stands here. */
export const canaries = {
  password: 'CANARYgivenpassword0',
  filePassword: 'CANARYfilepassword1',
  helperPassword: 'CANARYhelperpassword2',
  loginPassword: 'CANARYloginpassword3',
  urlPassword: 'CANARYurlpassword4',
  registryToken: 'CANARYregistrytoken5',
  identityToken: 'CANARYidentitytoken6',
  bearerToken: 'CANARYbearertoken7',
  refreshToken: 'CANARYrefreshtoken8',
  awsSecret: 'CANARYawssecretkey9',
  awsSession: 'CANARYawssession10',
  azureKey: 'CANARYazurekey11',
  azureSas: 'CANARYazuresas12',
  googleSecret: 'CANARYgooglesecret13',
  googleRefresh: 'CANARYgooglerefresh14',
  proxyPassword: 'CANARYproxypassword15',
  signature: 'CANARYsignedquery16',
  uploadState: 'CANARYuploadstate17',
} as const

export type CanaryName = keyof typeof canaries

/** Each secret as it stands in text, in base64 wherever it begins in what is encoded, and in hexadecimal. */
const forms: ReadonlyMap<string, CanaryName> = new Map(
  (Object.entries(canaries) as [CanaryName, string][]).flatMap(([name, secret]) => [
    [secret, name],
    [Buffer.from(secret).toString('hex'), name],
    ...[0, 1, 2].map(offset => [inBase64(secret, offset), name] as const),
  ]),
)

/** What base64 makes of the secret behind so many bytes: without the characters that its neighbours have a part in. */
function inBase64(secret: string, offset: number): string {
  const encoded = Buffer.from('\0'.repeat(offset) + secret)
    .toString('base64')
    .replace(/=+$/, '')
  return encoded.slice(offset === 0 ? 0 : offset + 1, -1)
}

/** The secrets that a text gives away. */
export function secretsIn(text: string): CanaryName[] {
  const found = [...forms].filter(([form]) => text.includes(form)).map(([, name]) => name)
  return [...new Set(found)].sort()
}
