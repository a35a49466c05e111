import { BlockList, isIP } from 'node:net'

/** Whether a host is this machine: `localhost`, a name below it (RFC 6761 section 6.3), 127.0.0.0/8 or ::1. */
export function isLoopback(hostname: string): boolean {
  const host = bareHost(hostname)
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
}

/**
 * Whether NO_PROXY names a URL: `*`, a host with its subdomains, `.domain` for subdomains only, an address, a network in CIDR
 * notation; each of the hosts and addresses with an optional port.
 *
 * As Go's httpproxy package reads it, since the same variable serves docker, skopeo and crane on the same machine.
 */
export function matchesNoProxy(url: URL, noProxy: string): boolean {
  const host = bareHost(url.hostname)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .filter(entry => entry !== '')
    .some(entry => matchesEntry(entry, host, port))
}

function matchesEntry(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return inNetwork(host, entry)
  const { name, entryPort } = splitPort(entry)
  if (entryPort !== undefined && entryPort !== port) return false
  if (isIP(name) !== 0) return sameAddress(name, host)
  const suffix = name.startsWith('*.') ? name.slice(1) : name
  if (suffix.startsWith('.')) return host.endsWith(suffix)
  return host === suffix || host.endsWith(`.${suffix}`)
}

function inNetwork(host: string, cidr: string): boolean {
  const slash = cidr.indexOf('/')
  const network = cidr.slice(0, slash)
  const bits = cidr.slice(slash + 1)
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false
  if (Number(bits) > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  const name = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(network, Number(bits), name)
  return list.check(host, name)
}

/** Compares addresses as addresses: `0:0::1` is `::1`. */
function sameAddress(a: string, b: string): boolean {
  return inNetwork(b, `${a}/${isIP(a) === 4 ? 32 : 128}`)
}

function splitPort(entry: string): { name: string; entryPort?: string } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry)
  const plain = /^([^:]+):(\d+)$/.exec(entry)
  const match = bracketed ?? plain
  if (match?.[1] === undefined) return { name: entry }
  return { name: match[1], ...(match[2] === undefined ? {} : { entryPort: match[2] }) }
}

function bareHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
