import { flag, openFlag, text } from './options.ts'
import { sharedOptions } from './shared-options.ts'

const warning = 'Others on this machine can read what a command line says: `lading login` is safer.'

/** Who to be at a registry, in skopeo's words. */
const whoToBe = (where: string, prefix: string) => ({
  creds: text({
    value: 'USER[:PASSWORD]',
    description: `Who to be at ${where}; without a colon the password is empty. ${warning}`,
  }),
  username: text({ value: 'USER', description: `The user at ${where}, with --${prefix}password.` }),
  password: text({ value: 'PASSWORD', description: `The password, with --${prefix}username.` }),
  noCreds: flag({ description: `Be nobody at ${where}: no authentication file is read, and no helper is asked.` }),
  registryToken: text({
    value: 'TOKEN',
    description: `A bearer token, which is sent to ${where} as it is, and to no other server. It comes before a user.`,
  }),
})

/** A folder of certificates, as the containers tools have it. */
const certDir = text({
  value: 'FOLDER',
  description:
    "Certificates for the registry: *.crt of authorities beside the system's, NAME.cert and NAME.key of this client. For a Docker daemon: " +
    'ca.pem, cert.pem, key.pem. Not given: ~/.config/containers/certs.d/HOST:PORT, then the same in /etc/containers and /etc/docker.',
})

/** The server of the one image of a command. */
export const serverOptions = {
  authfile: sharedOptions.authfile,
  ...whoToBe('the registry', ''),
  certDir,
  tlsVerify: sharedOptions.tlsVerify,
} as const

const source = whoToBe('the registry of SRC', 'src-')
const destination = whoToBe('the registry of DST', 'dest-')
const only = (option: string, side: string) => ({ description: `--${option} for ${side} alone.` })

/** The servers of both sides of a copy. */
export const sidedServerOptions = {
  srcAuthfile: text({ value: 'PATH', ...only('authfile', 'SRC') }),
  srcCreds: source.creds,
  srcUsername: source.username,
  srcPassword: source.password,
  srcNoCreds: source.noCreds,
  srcRegistryToken: source.registryToken,
  srcCertDir: text({ value: 'FOLDER', description: `${certDir.description} This is for SRC.` }),
  srcTlsVerify: openFlag(only('tls-verify', 'SRC')),
  destAuthfile: text({ value: 'PATH', ...only('authfile', 'DST') }),
  destCreds: destination.creds,
  destUsername: destination.username,
  destPassword: destination.password,
  destNoCreds: destination.noCreds,
  destRegistryToken: destination.registryToken,
  destCertDir: text({ value: 'FOLDER', description: 'The same for DST.' }),
  destTlsVerify: openFlag(only('tls-verify', 'DST')),
} as const
