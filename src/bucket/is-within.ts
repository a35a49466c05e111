import { compileGlob, isGlob } from '../layout/index.ts'

/** Whether an image is one of those that what follows a bucket's root names: that one and all below it, or what a glob matches. */
export async function isWithin(path: string): Promise<(image: string) => boolean> {
  if (isGlob(path)) return await compileGlob(path)
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`
  return image => `${image}/`.startsWith(folder)
}
