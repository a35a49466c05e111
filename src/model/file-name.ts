/**
 * Windows: "Naming Files, Paths, and Namespaces". Devices are what these names stand for, with any extension and in any case, and a name loses its
 * last dots and spaces, so that `v1.` would be `v1`. A colon begins another stream of the file before it.
 */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\s*\..*|\s*)$/i
const forbidden = /[<>:"|?*\\]/

/** Why no file or directory of a system can have this name. `undefined`: it can. */
export function flawOfFileName(name: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform !== 'win32') return undefined
  if (device.test(name)) return 'it is the name of a device'
  if (/[. ]$/.test(name)) return `it ends with a ${name.endsWith('.') ? 'dot' : 'space'}, which gets lost`
  const character = forbidden.exec(name)?.[0]
  return character === undefined ? undefined : `it holds ${JSON.stringify(character)}`
}
