// Loaded with `node --import` before a program: writes the URL of every module that it loads to a file, one a line.
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env.LADING_LOADED_MODULES
if (file === undefined) throw new Error('LADING_LOADED_MODULES must name a file')

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    appendFileSync(file, `${resolved.url}\n`)
    return resolved
  },
})
