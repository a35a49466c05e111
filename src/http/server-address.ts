/** Where the server of a URL is connected to. */
export interface ServerAddress {
  /** Of an IPv6 address without the brackets that URLs put around it. */
  readonly host: string
  readonly port: number
}

export function serverAddress({
  hostname,
  port,
  protocol,
}: {
  readonly hostname: string
  readonly port?: string
  readonly protocol: string
}): ServerAddress {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) }
}
