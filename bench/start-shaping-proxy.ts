import path from 'node:path'
import { startProcess } from '../test/services/start-process.ts'
import type { Shape } from './shape.ts'

export interface ShapingProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

/** Puts a network in front of a server. */
export async function startShapingProxy(origin: string, shape: Shape): Promise<ShapingProxy> {
  const { hostname, port } = new URL(origin)
  const program = path.join(import.meta.dirname, 'shaping-proxy.ts')
  const args = [program, hostname, port, JSON.stringify(shape)]
  const server = await startProcess(process.execPath, args, /listens on (\d+)/)
  return { url: `http://127.0.0.1:${server.match[1]}`, [Symbol.asyncDispose]: () => server.stop() }
}
