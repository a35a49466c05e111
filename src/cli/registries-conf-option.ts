import { text } from './options.ts'

/** Where this machine's administrator and user say what holds for registries. */
export const registriesConf = text({
  value: 'PATH',
  description:
    'The registries.conf to read in the place of ~/.config/containers/registries.conf and /etc/containers/registries.conf: ' +
    'mirrors, blocked registries and those without TLS, short names.',
})
