import { StringDecoder } from 'node:string_decoder';
import { cutEnd, type Clock } from '../../base/index.ts';

/** How often progress is shown at most, ms, and how many characters of it: enough to read along, nothing to drown in. */
const EVERY_MS = 100;
const SHOWN = 4096;

/** Passes on the newest of a stream of output, however fast it comes. Dispose it when the stream has ended. */
export class Progress implements Disposable {
  readonly #show: (text: string) => void;
  readonly #clock: Clock;
  readonly #decoder = new StringDecoder('utf8');
  #waiting = '';
  #timer: Disposable | undefined;

  constructor(show: (text: string) => void, clock: Clock) {
    this.#show = show;
    this.#clock = clock;
  }

  push(chunk: Buffer): void {
    this.#waiting = cutEnd(this.#waiting + this.#decoder.write(chunk.subarray(-SHOWN)), SHOWN);
    this.#timer ??= this.#clock.after(EVERY_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') this.#show(text);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#flush();
  }
}
