import type { Sink } from '../terminal.ts';
import { mark, type Mark } from './style.ts';
import { fit } from './width.ts';

const CLEAR_LINE = '\r\u001b[K';

/** Writes to two sinks that may be one screen, and knows whether a line is open there. */
export class Pen {
  readonly out: Sink;
  readonly err: Sink;
  #open: Sink | undefined;
  /** A line that its outcome may replace, by call. */
  #busy: string | undefined;

  constructor(out: Sink, err: Sink) {
    this.out = out;
    this.err = err;
  }

  /** Running text, as it comes. */
  text(sink: Sink, text: string, style: (text: string) => string = (plain) => plain): void {
    if (text === '') return;
    if (this.#open !== sink || this.#busy !== undefined) this.endLine();
    sink.write(style(text));
    this.#open = text.endsWith('\n') ? undefined : sink;
  }

  line(name: Mark, text: string): void {
    this.endLine();
    this.err.write(`${mark(this.err, name)} ${text}\n`);
  }

  /** Says that a call runs; on a screen the line waits for its outcome. */
  busy(call: string, text: string): void {
    if (!this.err.terminal) return;
    this.endLine();
    this.err.write(`${mark(this.err, 'busy')} ${fit(text, this.err.columns - 4)}`);
    this.#open = this.err;
    this.#busy = call;
  }

  outcome(call: string, name: Mark, text: string): void {
    if (this.#busy === call) {
      this.err.write(CLEAR_LINE);
      this.#open = undefined;
      this.#busy = undefined;
    }
    this.line(name, text);
  }

  endLine(): void {
    this.#open?.write('\n');
    this.#open = undefined;
    this.#busy = undefined;
  }
}
