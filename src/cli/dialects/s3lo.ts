import { version } from '../../version.ts'
import { printable, printableLines } from '../printable.ts'
import type { Dialect, DialectEntry, WordCount } from './dialect.ts'

const words = (least: number, most = least): WordCount => ({
  least,
  most,
  complaint:
    least === most ? `accepts ${least} ${least === 1 ? 'arg' : 'args'}` : `accepts between ${least} and ${most} args`,
})

/** lading's own commands: they were named after s3lo's, and take its options. */
const commands: readonly DialectEntry[] = [
  {
    name: 'clean',
    summary: 'Remove old tags, and blobs that nothing needs',
    usage: '<s3-bucket> [flags]',
    words: words(1),
    description:
      'Remove the tags that the lifecycle rules let go, and the blobs that nothing needs. Unless --keep-trash says otherwise, they are gone at ' +
      'once.',
    examples: ['s3lo clean s3://my-bucket/', 's3lo clean s3://my-bucket/ --blobs --confirm'],
    load: async () => (await import('../commands/clean.ts')).cleanCommandWith('0'),
  },
  {
    name: 'config',
    summary: 'Show or change the configuration of a bucket',
    usage: 'get|set <ref> [<key>=<value>...] [flags]',
    description:
      'Show or change the configuration of a bucket, of an image in it, or of the images that a glob names.\n\n' +
      'Keys: immutable, lifecycle, lifecycle.keep_last, lifecycle.max_age, lifecycle.keep_tags, keep_history, chunked. An empty value unsets.',
    words: { least: 2, most: Number.POSITIVE_INFINITY, complaint: 'requires get or set, and the bucket or image' },
    examples: [
      's3lo config set s3://my-bucket/ lifecycle.keep_last=10 lifecycle.max_age=90d',
      's3lo config set s3://my-bucket/myapp immutable=',
      's3lo config get s3://my-bucket/myapp',
    ],
    load: async () => (await import('../commands/config.ts')).configCommand,
  },
  {
    name: 'copy',
    summary: 'Copy an image from a registry or a bucket into a bucket',
    usage: '<src> <s3-dest> [flags]',
    words: words(2),
    examples: ['s3lo copy alpine:latest s3://my-bucket/alpine:latest --platform linux/amd64'],
    load: async () => (await import('../commands/copy.ts')).copyCommand,
  },
  {
    name: 'delete',
    summary: 'Delete an image',
    usage: '<s3-ref> [flags]',
    words: words(1),
    load: async () => (await import('../commands/delete.ts')).deleteCommand,
  },
  {
    name: 'history',
    summary: 'Show what was pushed to a tag',
    usage: '<s3-ref> [flags]',
    words: words(1),
    load: async () => (await import('../commands/history.ts')).historyCommand,
  },
  {
    name: 'doctor',
    summary: 'Check a bucket, and whether every image in it is whole',
    usage: '<s3-bucket-ref> [flags]',
    words: words(1),
    examples: ['s3lo doctor s3://my-bucket/'],
    load: async () => (await import('../commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'init',
    summary: 'Make a directory a bucket',
    usage: '--local <path>',
    words: words(0),
    examples: ['s3lo init --local ./my-store'],
    load: async () => (await import('../commands/init.ts')).initCommand,
  },
  {
    name: 'inspect',
    summary: 'Show what an image is made of',
    usage: '<s3-ref> [flags]',
    words: words(1),
    load: async () => (await import('../commands/inspect.ts')).inspectCommand,
  },
  {
    name: 'list',
    summary: 'List the images of a bucket',
    usage: '<s3-bucket> [flags]',
    words: words(1),
    examples: ['s3lo list s3://my-bucket/'],
    load: async () => (await import('../commands/list.ts')).listCommand,
  },
  {
    name: 'pull',
    summary: 'Pull an image from a bucket into Docker',
    usage: '<s3-ref> [image-tag] [flags]',
    words: words(1, 2),
    load: async () => (await import('../commands/pull.ts')).pullCommand,
  },
  {
    name: 'push',
    summary: 'Push an image from Docker into a bucket',
    usage: '<image> <s3-dest> [flags]',
    words: words(2),
    examples: ['s3lo push myapp:v1.0 s3://my-bucket/myapp:v1.0 --endpoint http://localhost:9000'],
    load: async () => (await import('../commands/push.ts')).pushCommand,
  },
  {
    name: 'scan',
    summary: 'Look for vulnerabilities in an image',
    usage: '<s3-ref> [flags]',
    words: words(1),
    examples: ['s3lo scan s3://my-bucket/myapp:v1.0 --severity HIGH,CRITICAL --install-trivy'],
    load: async () => (await import('../commands/scan.ts')).scanCommand,
  },
  {
    name: 'sign',
    summary: 'Sign a tag',
    usage: '<s3-ref> --key <key-ref> [flags]',
    words: words(1),
    description: 'Sign what the tag holds, bound to its bucket, image and tag, and keep the signature with it.',
    examples: ['s3lo sign s3://my-bucket/myapp:v1.0 --key awskms:///alias/release-signer'],
    load: async () => (await import('../commands/sign.ts')).signCommandWith('s3lo'),
  },
  {
    name: 'stats',
    summary: 'Show what a bucket holds, shares and costs',
    usage: '<s3-bucket> [flags]',
    words: words(1),
    examples: ['s3lo stats s3://my-bucket/', 's3lo stats s3://my-bucket/ --layers --output json'],
    load: async () => (await import('../commands/stats.ts')).statsCommand,
  },
  {
    name: 'verify',
    summary: 'Check who has signed an image',
    usage: '<s3-ref> --key <key-ref> [flags]',
    words: words(1),
    description:
      'Exit codes: 0 where the signature is valid, 1 where it is missing or not valid, 2 where that cannot be told. Signatures that are not ' +
      'bound to a tag are valid too, and the output says so.',
    examples: ['s3lo verify s3://my-bucket/myapp:v1.0 --key cosign.pub'],
    load: async () => (await import('../commands/verify.ts')).verifyCommand,
  },
]

/** The command line of s3lo, as its pages describe it. */
export const s3lo: Dialect = {
  name: 's3lo',
  summary: 'Keeps container images in buckets. This is lading, with the command line of s3lo',
  version: `s3lo (lading ${version})`,
  globals: {},
  helpWithoutCommand: true,
  commands,
  absent: {},
  unknownCommand(name, near) {
    const meant = near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map(one => `\t${one}\n`).join('')}`
    return `unknown command ${JSON.stringify(printable(name))} for "s3lo"${meant}`
  },
  fail(error, command, { stderr }) {
    const { code, operation, subject, side, message, hint } = error
    const place = [operation, subject, side === undefined ? undefined : `(${side})`].filter(one => one !== undefined)
    const said = `${place.length === 0 ? '' : `${place.join(' ')}: `}${message}${hint === undefined ? '' : `; ${hint}`}`
    // the lines of such a message are our own, text from elsewhere has none
    stderr.write(`Error: ${code === 'bad-argument' ? printableLines(said) : printable(said)}\n`)
    // of verify they say what is wrong: the signature, or the way to it
    return code === 'interrupted' || (command === 'verify' && error.exitCode === 2) ? error.exitCode : 1
  },
}
