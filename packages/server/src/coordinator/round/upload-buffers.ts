/**
 * The most bytes of free buffers that are kept from round to round. For small models, allocating
 * buffers anew would cost more than keeping them.
 */
const KEPT_BYTES = 67_108_864;

/** A new buffer is longer by this fraction (1/8) than the payload that it is made for. */
const SLACK = 8;

/**
 * Lends the buffers in which payloads are gathered. Free memory of about the size used last is kept,
 * so that a round allocates only a few buffers.
 */
export class UploadBuffers {
  readonly #spare: SharedArrayBuffer[] = [];
  #lent = 0;

  /** Returns a buffer of exactly this length. */
  take(byteLength: number): Uint8Array<SharedArrayBuffer> {
    this.#lent += 1;
    const index = this.#spare.findIndex(
      (memory) => memory.byteLength >= byteLength && memory.byteLength <= 2 * byteLength,
    );
    const [kept] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (kept !== undefined) return new Uint8Array(kept, 0, byteLength);
    this.#spare.length = 0;
    // The memory is shared, so that another thread can add what is in it (ADR 17). Codecs with
    // entropy coding make payloads of about one length, so the next one may be a little longer.
    // Its length is a multiple of 8, for `giveBack`.
    const memory = new SharedArrayBuffer(8 * Math.ceil((byteLength + byteLength / SLACK) / 8));
    return new Uint8Array(memory, 0, byteLength);
  }

  /** Zeroes a buffer that `take` has returned, and takes it back. Nobody may read it any more. */
  giveBack(buffer: Uint8Array<SharedArrayBuffer>): void {
    // V8 fills shared memory value by value: eight bytes at a time take a quarter of the time.
    new Float64Array(buffer.buffer, 0, Math.ceil(buffer.byteLength / 8)).fill(0);
    this.#spare.push(buffer.buffer);
    this.#lent -= 1;
    if (this.#lent > 0) return;
    const bytes = this.#spare.reduce((sum, memory) => sum + memory.byteLength, 0);
    if (bytes > KEPT_BYTES) this.#spare.length = 0;
  }
}
