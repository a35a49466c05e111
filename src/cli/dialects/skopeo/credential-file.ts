import { LadingError } from '../../../errors/index.ts'

interface Given {
  readonly authfile: string | undefined
  readonly compatAuthFile: string | undefined
}

/** The one file of a login or logout. @throws LadingError `bad-argument` where two are named */
export function credentialFile({ authfile, compatAuthFile }: Given): string | undefined {
  if (authfile === undefined || compatAuthFile === undefined) return compatAuthFile ?? authfile
  throw new LadingError(
    'bad-argument',
    'options for paths to the credential file and to the Docker-compatible credential file can not be set simultaneously',
  )
}
