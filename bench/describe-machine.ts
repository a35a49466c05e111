import { spawnSync } from 'node:child_process'
import os from 'node:os'
import { type PeerTool, peerTools, type Tool } from './scenario.ts'

const versionOf: Readonly<Record<PeerTool, string>> = {
  skopeo: '--version',
  crane: 'version',
  oras: 'version',
  regctl: 'version',
  rclone: 'version',
}

/** What a figure depends on. */
export function describeMachine(
  ladings: readonly Tool[],
  tool: (name: PeerTool) => Tool | undefined,
): Record<string, string> {
  const cpus = os.cpus()
  const load = os.loadavg().map(value => value.toFixed(2))
  const described: Record<string, string> = {
    date: new Date().toISOString().slice(0, 16),
    machine: `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown'}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()} ${os.release()}`,
    'load before': load.join(' '),
    node: process.version,
  }
  for (const lading of ladings) described[lading.name] = versionIn(lading, '--version')
  for (const name of peerTools) {
    const found = tool(name)
    described[name] = found === undefined ? 'not found, or not wanted' : versionIn(found, versionOf[name])
  }
  if (process.env.LADING_LANES !== undefined) described.LADING_LANES = process.env.LADING_LANES
  return described
}

function versionIn(tool: Tool, version: string): string {
  const { program, args, env } = tool.command([version])
  const { stdout, status } = spawnSync(program, args, { env: { ...env }, encoding: 'utf8' })
  // crane tells it only where it was built with one
  return /\d+\.\d+\.\d+\S*/.exec(status === 0 ? stdout : '')?.[0] ?? 'of unknown version'
}
