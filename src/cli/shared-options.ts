import { choice, openFlag, text } from './options.ts'

/** Options that mean the same in every command that has them. */
export const sharedOptions = {
  authfile: text({
    value: 'PATH',
    description:
      'Read credentials from this file alone. Otherwise REGISTRY_AUTH_FILE, the auth.json of the containers tools and ' +
      'the config.json of docker are searched.',
  }),
  tlsVerify: openFlag({
    description:
      'Require HTTPS and a valid certificate. With =false any certificate is accepted, and plain HTTP of a registry. Not ' +
      'given: HTTPS, and plain HTTP for a registry on this machine.',
  }),
  output: choice(['text', 'json'], {
    default: 'text',
    description: 'The form of the result on stdout. With json, an error is one JSON object on stderr too.',
  }),
} as const
