import { printable } from '../printable.ts'
import type { Dialect, WordCount } from './dialect.ts'
import { logLine } from './log-line.ts'
import { skopeoGlobals } from './skopeo/globals.ts'
import { skopeoMessage } from './skopeo/message.ts'
import { skopeoVersion } from './skopeo/version.ts'

const exactly = (count: number, complaint: string, showsHelp = false): WordCount => ({
  least: count,
  most: count,
  complaint,
  showsHelp,
})

const transports =
  'Supported transports:\ncontainers-storage, dir, docker, docker-archive, docker-daemon, oci, oci-archive, sif, tarball, and those of ' +
  'buckets: s3, gs, az, local'

/** Its commands: a name that does not exist is the only failure that skopeo tells by its exit code. */
const tellsMissing: ReadonlySet<string | undefined> = new Set(['copy', 'inspect', 'sync'])

/** The command line of skopeo 1.22. */
export const skopeo: Dialect = {
  name: 'skopeo',
  summary: 'Copies and inspects container images and their registries. This is lading, with the command line of skopeo',
  version: `skopeo version ${skopeoVersion}`,
  globals: skopeoGlobals,
  helpWithoutCommand: false,
  commands: [
    {
      name: 'copy',
      summary: 'Copy an IMAGE-NAME from one location to another',
      usage: '[command options] SOURCE-IMAGE DESTINATION-IMAGE',
      description: `Copies an image. IMAGE-NAME is written transport:details.\n\n${transports}`,
      examples: ['skopeo copy docker://quay.io/skopeo/stable:latest docker://registry.example.com/skopeo:latest'],
      words: exactly(2, 'Exactly two arguments expected', true),
      load: async () => (await import('./skopeo/copy.ts')).skopeoCopy,
    },
    {
      name: 'delete',
      summary: 'Delete image IMAGE-NAME',
      usage: '[command options] IMAGE-NAME',
      description: `Deletes an image.\n\n${transports}`,
      examples: ['skopeo delete docker://registry.example.com/example/pause:latest'],
      words: exactly(1, 'Exactly one argument expected'),
      load: async () => (await import('./skopeo/delete.ts')).skopeoDelete,
    },
    {
      name: 'generate-sigstore-key',
      summary: 'Generate a sigstore public/private key pair',
      usage: '[command options] --output-prefix PREFIX',
      examples: ['skopeo generate-sigstore-key --output-prefix my-key'],
      words: exactly(0, 'Usage: generate-sigstore-key --output-prefix PREFIX'),
      load: async () => (await import('./skopeo/generate-sigstore-key.ts')).skopeoGenerateSigstoreKey,
    },
    {
      name: 'inspect',
      summary: 'Inspect image IMAGE-NAME',
      usage: '[command options] IMAGE-NAME',
      description: `Shows what an image is made of.\n\n${transports}`,
      examples: [
        'skopeo inspect docker://registry.fedoraproject.org/fedora',
        'skopeo inspect --config docker://docker.io/alpine',
        'skopeo inspect --format "{{.Name}} {{.Digest}}" docker://docker.io/alpine',
      ],
      words: exactly(1, 'Exactly one argument expected'),
      load: async () => (await import('./skopeo/inspect.ts')).skopeoInspect,
    },
    {
      name: 'list-tags',
      summary: 'List tags in the transport/repository specified by the SOURCE-IMAGE',
      usage: '[command options] SOURCE-IMAGE',
      description: 'Lists the tags of a repository (docker://), or the names in a docker-archive:.',
      examples: ['skopeo list-tags docker://docker.io/fedora'],
      words: exactly(1, 'Exactly one non-option argument expected', true),
      load: async () => (await import('./skopeo/list-tags.ts')).skopeoListTags,
    },
    {
      name: 'login',
      summary: 'Login to a container registry',
      usage: '[command options] REGISTRY',
      examples: ['skopeo login quay.io'],
      words: { least: 0, most: 1, complaint: 'login accepts only one registry to log in to' },
      load: async () => (await import('./skopeo/login.ts')).skopeoLogin,
    },
    {
      name: 'logout',
      summary: 'Logout of a container registry',
      usage: '[command options] REGISTRY',
      examples: ['skopeo logout quay.io'],
      words: { least: 0, most: 1, complaint: 'logout accepts only one registry to log out from' },
      load: async () => (await import('./skopeo/logout.ts')).skopeoLogout,
    },
    {
      name: 'manifest-digest',
      summary: 'Compute a manifest digest of a file',
      usage: 'MANIFEST-FILE',
      examples: ['skopeo manifest-digest manifest.json'],
      words: exactly(1, 'Usage: skopeo manifest-digest manifest'),
      load: async () => (await import('../commands/manifest-digest.ts')).manifestDigestCommand,
    },
    {
      name: 'standalone-sign',
      summary: 'Create a signature using local files',
      usage: '[command options] MANIFEST DOCKER-REFERENCE KEY-FINGERPRINT --output|-o SIGNATURE',
      words: exactly(3, 'Usage: skopeo standalone-sign manifest docker-reference key-fingerprint -o signature'),
      load: async () => (await import('./skopeo/standalone-sign.ts')).skopeoStandaloneSign,
    },
    {
      name: 'standalone-verify',
      summary: 'Verify a signature using local files',
      usage: '[command options] MANIFEST DOCKER-REFERENCE KEY-FINGERPRINTS SIGNATURE',
      description:
        'Verifies a signature of local files.\n\nKEY-FINGERPRINTS are fingerprints with commas between them, or "any" for all keys of the file of ' +
        '--public-key-file.',
      words: exactly(4, 'Usage: skopeo standalone-verify manifest docker-reference key-fingerprint signature'),
      load: async () => (await import('./skopeo/standalone-verify.ts')).skopeoStandaloneVerify,
    },
    {
      name: 'sync',
      summary: 'Synchronize one or more images from one location to another',
      usage: '[command options] --src TRANSPORT --dest TRANSPORT SOURCE DESTINATION',
      description:
        'Copies all the images of a SOURCE to a DESTINATION.\n\nSOURCE (--src) is docker, dir or yaml; DESTINATION (--dest) is docker or dir.',
      examples: ['skopeo sync --src docker --dest dir --scoped registry.example.com/busybox /media/usb'],
      words: exactly(2, 'Exactly two arguments expected', true),
      load: async () => (await import('./skopeo/sync.ts')).skopeoSync,
    },
    {
      name: 'untrusted-signature-dump-without-verification',
      summary: 'Dump contents of a signature WITHOUT VERIFYING IT',
      usage: '[command options] SIGNATURE',
      hidden: true,
      words: exactly(1, 'Usage: skopeo untrusted-signature-dump-without-verification signature'),
      load: async () => (await import('./skopeo/untrusted-signature-dump.ts')).skopeoUntrustedSignatureDump,
    },
  ],
  absent: {
    completion: 'lading has no completion for shells',
    'experimental-image-proxy': 'it serves other programs over a socket',
    layers: 'skopeo copy to a dir: gives the layers of an image',
  },
  unknownCommand(name, near) {
    if (name === '') return "Missing command 'skopeo COMMAND'\nTry 'skopeo --help' for more information"
    const meant = near.length === 0 ? '' : `\nDid you mean this?\n${near.map(one => `\t${one}\n`).join('')}\n`
    return `Unrecognized command \`skopeo ${printable(name)}\`\n${meant}Try 'skopeo --help' for more information`
  },
  fail(error, command, { stderr }) {
    stderr.write(logLine({ level: 'fatal', message: skopeoMessage(error, command) }, stderr))
    // as a shell reports a process that a signal ended
    if (error.code === 'interrupted') return error.exitCode
    return error.code === 'image-not-found' && tellsMissing.has(command) ? 2 : 1
  },
}
