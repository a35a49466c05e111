import { duration, flag, text } from '../../options.ts'
import { systemOptions } from '../../platform-options.ts'

/** Options of skopeo that stand before or after the command. */
export const skopeoGlobals = {
  commandTimeout: duration({ value: 'duration', description: 'how long the command may take' }),
  debug: flag({ description: 'show where an error comes from' }),
  insecurePolicy: flag({ description: 'accept every image, whatever the policy says' }),
  ...systemOptions,
  policy: text({ value: 'string', description: 'the trust policy to read' }),
  'registries.d': text({
    value: 'DIR',
    description: 'where the storage of signatures is configured',
  }),
  registriesConf: text({ value: 'string', description: 'the registries.conf to read' }),
  tmpdir: text({ value: 'string', description: 'where temporary files are made' }),
  userAgentPrefix: text({ value: 'string', description: 'what is put before the user agent' }),
} as const

type Given = { readonly [K in keyof typeof skopeoGlobals]: ReturnType<(typeof skopeoGlobals)[K]['read']> }
/** What was said of the program, with the words of every command. */
export type SkopeoGlobals = Given
