import type { ImageDescription, PlatformDescription } from '../../../copy/index.ts'
import { LadingError } from '../../../errors/index.ts'
import { goTime } from '../../../model/go-time.ts'
import { readJson } from '../../../model/read-json.ts'
import { GoMap, GoNil, GoStruct, GoTime, type GoValue } from '../go-template/go-value.ts'

/** @throws LadingError `bad-manifest` */
function configOf(bytes: Uint8Array): unknown {
  try {
    return readJson(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new LadingError('bad-manifest', 'the image configuration is not JSON', { cause })
  }
}

/** What `skopeo inspect` shows, in its order. @throws LadingError `bad-manifest` */
export function inspectFields(
  { digest }: ImageDescription,
  { layers, configBytes }: PlatformDescription,
  { name, tags }: { readonly name: string; readonly tags: readonly string[] },
): GoStruct {
  const config = configBytes === undefined ? {} : objectOf(configOf(configBytes))
  const inner = objectOf(config.config)
  const fields = {
    Name: name,
    Tag: '',
    Digest: digest,
    RepoTags: tags,
    Created: timeOf(config.created),
    DockerVersion: textOf(config.docker_version),
    Labels: mapOf(inner.Labels),
    Architecture: textOf(config.architecture),
    Os: textOf(config.os),
    Layers: layers.map(layer => layer.digest),
    LayersData: layers.map(
      layer =>
        new GoStruct({
          MIMEType: layer.mediaType,
          Digest: layer.digest,
          Size: layer.size,
          Annotations: mapOf(layer.annotations),
        }),
    ),
    Env: listOf(inner.Env),
  }
  return new GoStruct(fields, { Name: 'Name?', Tag: 'Tag?' })
}

/** The fields of the OCI specification, which are all that `skopeo inspect --config` shows. @throws LadingError `bad-manifest` */
export function configFields(bytes: Uint8Array): GoStruct {
  const config = objectOf(configOf(bytes))
  const inner = objectOf(config.config)
  const rootfs = objectOf(config.rootfs)
  const history = Array.isArray(config.history) ? config.history.map(historyFields) : new GoNil('list')
  return new GoStruct(
    {
      Created: timeOf(config.created),
      Author: textOf(config.author),
      Platform: new GoStruct(
        {
          Architecture: textOf(config.architecture),
          OS: textOf(config.os),
          OSVersion: textOf(config['os.version']),
          OSFeatures: listOf(config['os.features']),
          Variant: textOf(config.variant),
        },
        {
          Architecture: 'architecture',
          OS: 'os',
          OSVersion: 'os.version?',
          OSFeatures: 'os.features?',
          Variant: 'variant?',
        },
      ),
      Config: new GoStruct(
        {
          User: textOf(inner.User),
          ExposedPorts: setOf(inner.ExposedPorts),
          Env: listOf(inner.Env),
          Entrypoint: listOf(inner.Entrypoint),
          Cmd: listOf(inner.Cmd),
          Volumes: setOf(inner.Volumes),
          WorkingDir: textOf(inner.WorkingDir),
          Labels: mapOf(inner.Labels),
          StopSignal: textOf(inner.StopSignal),
          ArgsEscaped: inner.ArgsEscaped === true,
        },
        optional([
          'User',
          'ExposedPorts',
          'Env',
          'Entrypoint',
          'Cmd',
          'Volumes',
          'WorkingDir',
          'Labels',
          'StopSignal',
          'ArgsEscaped',
        ]),
      ),
      RootFS: new GoStruct(
        { Type: textOf(rootfs.type), DiffIDs: listOf(rootfs.diff_ids) },
        { Type: 'type', DiffIDs: 'diff_ids' },
      ),
      History: history,
    },
    {
      Created: 'created?',
      Author: 'author?',
      Config: 'config?',
      RootFS: 'rootfs',
      History: 'history?',
    },
    'Platform',
  )
}

function historyFields(entry: unknown): GoStruct {
  const one = objectOf(entry)
  return new GoStruct(
    {
      Created: timeOf(one.created),
      CreatedBy: textOf(one.created_by),
      Author: textOf(one.author),
      Comment: textOf(one.comment),
      EmptyLayer: one.empty_layer === true,
    },
    {
      Created: 'created?',
      CreatedBy: 'created_by?',
      Author: 'author?',
      Comment: 'comment?',
      EmptyLayer: 'empty_layer?',
    },
  )
}

/** Names that are left out of JSON where they are empty. */
function optional(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, `${name}?`]))
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): GoValue {
  return Array.isArray(value) ? value.map(textOf) : new GoNil('list')
}

function mapOf(value: unknown): GoValue {
  if (typeof value !== 'object' || value === null) return new GoNil('map')
  return new GoMap(Object.entries(value).map(([key, inner]) => [key, textOf(inner)]))
}

/** The keys of an object, as a Go map without values. */
function setOf(value: unknown): GoValue {
  if (typeof value !== 'object' || value === null) return new GoNil('map')
  return new GoMap(Object.keys(value).map(key => [key, new GoStruct({})]))
}

function timeOf(value: unknown): GoValue {
  if (typeof value !== 'string') return undefined
  const text = goTime(value)
  return text === undefined ? undefined : new GoTime(text)
}
