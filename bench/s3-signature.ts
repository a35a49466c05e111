import { createHmac, hash } from 'node:crypto'

export interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The headers of a request to S3 in us-east-1: AWS Signature Version 4, with the digest of what is sent. */
export function signS3(
  method: string,
  url: URL,
  payload: Uint8Array | undefined,
  { accessKeyId, secretAccessKey }: S3Keys,
): Record<string, string> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': hash('sha256', payload ?? '', 'hex'),
    'x-amz-date': time,
  }
  const names = Object.keys(headers).toSorted()
  const query = [...url.searchParams]
    .map(pair => pair.map(encodeURIComponent).join('='))
    .toSorted()
    .join('&')
  const canonical = [
    method,
    url.pathname,
    query,
    ...names.map(name => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${day}/us-east-1/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, hash('sha256', canonical, 'hex')].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), 'us-east-1'), 's3'), 'aws4_request')
  const credential = `Credential=${accessKeyId}/${scope}`
  const signature = `Signature=${hmac(key, text).toString('hex')}`
  headers.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, ${signature}`
  return headers
}
