/** What a decoder of node:zlib holds. Every step of it goes to another thread and back, and by default is 16 KiB. */
export const decoderBuffers = {
  chunkSize: 256 * 1024,
  // Of the stream that it is: its types leave that out.
  highWaterMark: 512 * 1024,
}
