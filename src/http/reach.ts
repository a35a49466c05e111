import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { LadingError } from '../errors/index.ts'
import { isLoopback } from './no-proxy.ts'

/** From where a server can be reached: from anywhere, from its own network, from its own machine, or from the wire that it is on. */
type Reach = 'anywhere' | 'network' | 'machine' | 'link'

const linkLocal = listOf(
  ['169.254.0.0', 16, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  // Metadata servers that are not link-local: Amazon's, Alibaba's, Azure's and Oracle's.
  ['fd00:ec2::254', 128, 'ipv6'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
)
const thisMachine = listOf(['127.0.0.0', 8, 'ipv4'], ['0.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'], ['::', 128, 'ipv6'])
const ownNetworks = listOf(
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
)

/** Metadata servers by name: they have the credentials of the machine. */
const metadataNames: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata', 'instance-data'])

/** The addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>

/**
 * Refuses what leads to a link-local address or a metadata server, which give a machine's credentials away. By what is written alone.
 *
 * @param from whoever named it; `undefined`: an image did
 * @throws LadingError `protocol-error`
 */
export function requireHarmless(from: URL | undefined, to: URL): void {
  if (writtenReach(to.hostname) !== 'link' || (from !== undefined && writtenReach(from.hostname) === 'link')) return
  throw refusal(from, to, 'link')
}

/** Whether `to` is on this machine, where `from` may not be: then `requireReachable` has to look. */
export function isDoubtful(from: URL, to: URL): boolean {
  return writtenReach(to.hostname) === 'machine' && writtenReach(from.hostname) !== 'machine'
}

/**
 * Refuses an address that a server names and has no business with, by the addresses that the names have now: link-local ones and metadata
 * servers, and what is on this machine where whoever named it is anywhere. A server of this machine, or of its network, may name both.
 *
 * @throws LadingError `protocol-error`
 */
export async function requireReachable(from: URL, to: URL, resolve: Resolve = resolveName): Promise<void> {
  if (from.hostname === to.hostname) return
  const target = await reachOf(to.hostname, resolve)
  if (target !== 'link' && target !== 'machine') return
  const source = await reachOf(from.hostname, resolve)
  if (target === 'link' ? source !== 'link' : source === 'anywhere') throw refusal(from, to, target)
}

/** Whether a name has led to an address that no server on the way to a blob should have: `requireReachable` says what of it. */
export function isUnexpectedAddress(name: string, address: string): boolean {
  const reach = addressReach(address)
  return reach === 'link' || (reach === 'machine' && !isLoopback(name))
}

function refusal(from: URL | undefined, to: URL, target: Reach): LadingError {
  const what = target === 'machine' ? 'on this machine' : 'of the local link or of a metadata server'
  const message = `${from?.host ?? 'the image'} sends us to ${to.host}, an address ${what}`
  return new LadingError('protocol-error', message, {
    hint: 'nothing was sent there; it must name an address of its own',
  })
}

/** Names are taken for servers anywhere, but those that are known. */
function writtenReach(hostname: string): Reach {
  const host = bare(hostname)
  if (metadataNames.has(host)) return 'link'
  if (isLoopback(host)) return 'machine'
  return isIP(host) === 0 ? 'anywhere' : addressReach(host)
}

async function reachOf(hostname: string, resolve: Resolve): Promise<Reach> {
  const written = writtenReach(hostname)
  if (written !== 'anywhere' || isIP(bare(hostname)) !== 0) return written
  // A name that is not found cannot be connected to either.
  const reaches = (await resolve(bare(hostname)).catch(() => [])).map(addressReach)
  return (['link', 'machine', 'network'] as const).find(reach => reaches.includes(reach)) ?? 'anywhere'
}

function addressReach(address: string): Reach {
  if (holds(linkLocal, address)) return 'link'
  if (holds(thisMachine, address)) return 'machine'
  return holds(ownNetworks, address) ? 'network' : 'anywhere'
}

/** `::ffff:127.0.0.1` is what it holds: BlockList knows. */
function holds(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function listOf(...subnets: readonly (readonly [net: string, prefix: number, family: 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family)
  return list
}

function bare(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '')
}

async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}
