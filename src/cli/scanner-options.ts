import { LadingError } from '../errors/index.ts'
import { type Platform, parsePlatform } from '../model/platform.ts'
import type { TrivyOffer, TrivyOptions } from '../scan/index.ts'
import { ask } from './ask.ts'
import type { CommandContext } from './context.ts'
import { defined } from './defined.ts'
import { formatSize } from './format-size.ts'
import { flag, list, type OptionSpec, text } from './options.ts'
import { printable } from './printable.ts'
import type { Progress } from './progress/progress.ts'

type Given<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]: ReturnType<O[K]['read']> }

/** Which Trivy is used, and what it may fetch. */
export const trivyOptions = {
  installTrivy: flag({
    description:
      'Where there is no Trivy, install one as ~/.local/bin/trivy without asking. Elsewhere than on a terminal nothing is asked, and it is an error.',
  }),
  trivyVersion: text({
    value: 'VERSION',
    description:
      "Use this version of Trivy and no other. Where it has to be installed, its checksums must be signed by Trivy's release workflow.",
  }),
  trustedRoot: text({
    value: 'FILE',
    description: "Sigstore's trusted_root.json for that. Not given: it is fetched from Sigstore.",
  }),
  cacheDir: text({ value: 'DIR', description: 'Where Trivy keeps its databases, in the place of its own.' }),
  offline: flag({ description: 'Let Trivy fetch nothing: its databases are there already.' }),
  dbRepository: text({
    value: 'REF',
    description: "Where Trivy fetches its database, in the place of Trivy's own repositories.",
  }),
} as const

export const onePlatformOption = {
  platform: list(
    { value: 'OS/ARCH[/VARIANT]', description: "Which image of an index. Not given: that of this machine's platform." },
    parsePlatform,
  ),
} as const

/** @throws LadingError `bad-argument` where several are given */
export function onePlatform([platform, second]: readonly Platform[]): Platform | undefined {
  if (second === undefined) return platform
  throw new LadingError('bad-argument', '--platform names one platform here', { hint: 'do it once for each of them' })
}

export function trivyOf(
  given: Given<typeof trivyOptions>,
  context: CommandContext,
  progress: Pick<Progress, 'close'>,
  say?: (line: string) => void,
): Pick<TrivyOptions, 'installTrivy' | 'onInstall' | 'trivyVersion' | 'trustedRoot'> & {
  cacheDir?: string
  offline: boolean
  dbRepository?: string
} {
  const { installTrivy, offline, ...named } = given
  const isTerminal = context.stderr.isTTY === true && context.stdin().isTTY
  return {
    offline,
    installTrivy: installTrivy || (isTerminal ? askAfter(progress, context) : false),
    ...(say === undefined ? {} : { onInstall: offer => say(installText(offer)) }),
    ...defined(named),
  }
}

function askAfter(progress: Pick<Progress, 'close'>, context: CommandContext) {
  return (offer: TrivyOffer) => {
    progress.close()
    return askToInstall(offer, context)
  }
}

function installText({ version, url, target, sizeBytes }: TrivyOffer): string {
  return `installing Trivy ${version} as ${target}, from ${url}${sizeText(sizeBytes)}`
}

const sizeText = (bytes: number | undefined) => (bytes === undefined ? '' : ` (${formatSize(bytes)})`)

async function askToInstall(
  { version, url, target, sizeBytes }: TrivyOffer,
  context: CommandContext,
): Promise<boolean> {
  const size = sizeText(sizeBytes)
  const question = `Trivy ${version} is not installed. Download it from ${url}${size}, and install it as ${target}? [y/N] `
  return /^y(es)?$/i.test((await ask(printable(question), true, context)).trim())
}

/** 1: the scan found something. 2: it did not come to that. A wrong command line and an interruption are what they are everywhere. */
export function scanExitCode({ code, exitCode }: LadingError): number {
  if (code === 'findings') return 1
  return code === 'bad-argument' || code === 'bad-reference' || code === 'interrupted' ? exitCode : 2
}
