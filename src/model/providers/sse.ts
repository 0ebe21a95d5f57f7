/**
 * Takes bytes of an event stream and gives the data of whole events, without names, ids and comments. Characters and lines
 * may be cut anywhere; an event that its stream never ended is dropped, as the format asks.
 */
export class EventStream {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string | undefined;

  /** Appends the data of every event that these bytes complete to `into`. */
  push(bytes: Uint8Array, into: string[]): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#line(text, { start, end: end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end }, into);
      start = end + 1;
    }
    this.#rest = start === 0 ? text : text.slice(start);
  }

  #line(text: string, { start, end }: { start: number; end: number }, into: string[]): void {
    if (start === end) {
      if (this.#data !== undefined) into.push(this.#data);
      this.#data = undefined;
    } else if (text.startsWith('data:', start)) {
      const from = start + (text.charCodeAt(start + 5) === SPACE ? 6 : 5);
      const data = text.slice(from, end);
      this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`;
    }
  }
}

const CR = 13;
const SPACE = 32;
