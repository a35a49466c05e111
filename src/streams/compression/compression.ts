/** How bytes are compressed. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz'
