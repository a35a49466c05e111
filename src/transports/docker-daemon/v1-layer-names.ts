import { type Digest, digestOf } from '../../model/digest.ts'

/** What Docker, until 24, takes for the config of every layer but the last one. */
const noConfig = JSON.stringify({
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
})
const noTime = '1970-01-01T00:00:00Z'

/**
 * Where `docker save` of Docker until 24 puts the layers of an image, and what these are: so a layer that is known elsewhere need not
 * be read.
 *
 * A folder is named by the digest of a document of image format 1, which hangs on the layers alone, except the last one's: that has the
 * image's config in it as Docker writes it again. A daemon that writes another document (its time zone is in it) gives other names, and
 * then nothing is foretold.
 */
export function v1LayerNames(diffIds: readonly Digest[]): ReadonlyMap<string, Digest> {
  const names = new Map<string, Digest>()
  let chain: string | undefined
  let parent: Digest | undefined
  for (const diffId of diffIds.slice(0, -1)) {
    chain = chain === undefined ? diffId : sha256(`${chain} ${diffId}`)
    const above: string = parent === undefined ? '' : `,"parent":"${parent}"`
    parent = sha256(`{"container_config":${noConfig},"created":"${noTime}","layer_id":"${chain}"${above}}`)
    names.set(`${parent.slice('sha256:'.length)}/layer.tar`, diffId)
  }
  return names
}

function sha256(text: string): Digest {
  return digestOf(new TextEncoder().encode(text))
}
