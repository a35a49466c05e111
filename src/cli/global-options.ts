import { duration, flag, type OptionSpec, text } from './options.ts'

const globalOptions = {
  debug: flag({
    description: 'Show every HTTP request on stderr, and the stack and the causes of an error. As LADING_DEBUG=1 does.',
  }),
  commandTimeout: duration({
    value: 'DURATION',
    description: 'Stop the command after so long, like 90s or 1h30m, as if the other side had not answered in time.',
  }),
  tmpdir: text({
    value: 'DIR',
    description: 'Make temporary files in this folder. Not given: in TMPDIR, and else where the system has them.',
  }),
  userAgentPrefix: text({ value: 'TEXT', description: "Stands before lading's own name in the User-Agent." }),
  registriesConf: text({
    value: 'PATH',
    description:
      'The registries.conf to read in the place of ~/.config/containers/registries.conf and /etc/containers/registries.conf: ' +
      'mirrors, blocked registries and those without TLS, short names.',
  }),
  'registries.d': text({
    value: 'DIR',
    description:
      'The folder to read in the place of ~/.config/containers/registries.d and /etc/containers/registries.d: where signatures of images in ' +
      'registries are kept.',
  }),
  policy: text({
    value: 'PATH',
    description:
      'The trust policy (containers-policy.json(5)) that says what may be copied. Not given: ~/.config/containers/policy.json, else ' +
      '/etc/containers/policy.json; where neither is there, everything may.',
  }),
  insecurePolicy: flag({ description: 'Copy every image, whatever the trust policy says.' }),
} as const

export type GlobalOptions = {
  readonly [K in keyof typeof globalOptions]: ReturnType<(typeof globalOptions)[K]['read']>
}

/** Options of every command, which may stand before its name too. */
export const globalSpecs: Readonly<Record<string, OptionSpec>> = globalOptions
