import { homeFolder } from '../../../auth/home-folder.ts'
import type { HttpClient } from '../../../http/index.ts'
import type { TransportContext } from '../../transport.ts'
import { readConfFiles } from './conf-files.ts'
import { emptyConf, mergeConf, type RegistriesConf } from './registries-conf.ts'

const loaded = new WeakMap<HttpClient, Map<string, Promise<RegistriesConf>>>()

/** What registries.conf says, read once for each HTTP client: both sides of a copy see the same. @throws LadingError `bad-config`, `io` */
export async function loadRegistriesConf(context: TransportContext): Promise<RegistriesConf> {
  const { registriesConf, environment } = context
  const http = await context.http()
  const known = loaded.get(http) ?? new Map<string, Promise<RegistriesConf>>()
  loaded.set(http, known)
  const key = JSON.stringify([registriesConf, environment.CONTAINERS_REGISTRIES_CONF, homeFolder(environment)])
  const conf = known.get(key) ?? readConf({ registriesConf, environment })
  known.set(key, conf)
  return conf
}

async function readConf(search: Parameters<typeof readConfFiles>[0]): Promise<RegistriesConf> {
  const files = await readConfFiles(search)
  if (files.length === 0) return emptyConf
  const { parseRegistriesConf } = await import('./parse-conf.ts')
  const parsed = await Promise.all(files.map(({ content, path }) => parseRegistriesConf(content, path)))
  return parsed.reduce(mergeConf)
}
