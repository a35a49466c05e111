/** lading's version. It stands here and in package.json, and a test compares them: reading a file would slow every start. */
export const version = '0.1.0'
