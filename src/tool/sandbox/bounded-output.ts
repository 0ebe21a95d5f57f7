/** Room for the marker in the middle. */
const MARKER_BYTES = 64;

/**
 * Keeps the first and the last part of a stream of bytes, however long it is, in about `limit` bytes of memory.
 * The start says what was done, the end how it came out; what lies between is counted.
 */
export class BoundedOutput {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #bytes = 0;

  constructor(limit: number) {
    const room = Math.max(2, limit - MARKER_BYTES);
    this.#headLimit = Math.floor(room / 2);
    this.#tailLimit = room - this.#headLimit;
  }

  get cut(): boolean {
    return this.#bytes > this.#headLimit + this.#tailLimit;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const first = chunk.subarray(0, this.#headLimit - this.#headBytes);
    if (first.length > 0) this.#head.push(first);
    this.#headBytes += first.length;
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    for (let oldest = this.#tail[0]; oldest !== undefined; oldest = this.#tail[0]) {
      if (this.#tailBytes - oldest.length < this.#tailLimit) break;
      this.#tail.shift();
      this.#tailBytes -= oldest.length;
    }
  }

  /** What was kept, as text, cut between characters. */
  text(): string {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail).subarray(-this.#tailLimit);
    if (!this.cut) return Buffer.concat([head, tail]).toString('utf8');
    const first = wholeCharacters(head);
    let start = 0;
    while (start < tail.length && isContinuation(tail[start])) start++;
    const leftOut = this.#bytes - first.length - (tail.length - start);
    return `${first.toString('utf8')}\n[… ${leftOut} bytes left out …]\n${tail.toString('utf8', start)}`;
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Without the character at the end that may not be whole. */
function wholeCharacters(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && isContinuation(bytes[end - 1])) end--;
  return bytes.subarray(0, Math.max(0, (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : bytes.length));
}
