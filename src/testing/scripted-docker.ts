import { type Script, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

export interface DockerScript {
  /** The version of the API that it offers; empty for what is no Docker. Default 1.41. */
  readonly api?: string
  /** More of its answer to a ping. */
  readonly headers?: Readonly<Record<string, string>>
  /** Where it keeps images. Default: in a store of its own. */
  readonly driver?: string
  /** What it answers beside `_ping` and `info`, by method and path without the version; to all else 404. */
  readonly answers?: Readonly<Record<string, Script>>
}

export const containerdDriver = 'io.containerd.snapshotter.v1'

/** A Docker daemon that says what a test wants it to say. */
export function startScriptedDocker(script: DockerScript = {}): Promise<ScriptedServer> {
  const { api = '1.41', headers = {}, driver = 'overlay2', answers = {} } = script
  const status = driver === containerdDriver ? [['driver-type', driver]] : [['Backing Filesystem', 'extfs']]
  return startScriptedServer((request, response) => {
    if (request.path === '/_ping') {
      response.writeHead(200, { ...(api === '' ? {} : { 'api-version': api }), ...headers }).end('OK')
      return
    }
    const path = request.path.replace(/^\/v[\d.]+/, '')
    const answer = path === '/info' ? sayJson({ DriverStatus: status }) : answers[`${request.method} ${path}`]
    return (answer ?? sayJson({ message: `No such image: ${path}` }, 404))(request, response)
  })
}

/** The script of one answer. */
export function sayJson(value: unknown, status = 200): Script {
  return (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
