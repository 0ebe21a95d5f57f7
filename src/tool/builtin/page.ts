// What a model is shown at once is bounded. Results are cut at a line, and a line in brackets says what is missing.
import type { ToolContext } from '../port.ts';

/** The default of how much of a result a model is shown. */
const SHOWN_BYTES = 16 * 1024;
/** Room for the line that says what is missing. */
const NOTE_BYTES = 512;

/** Bytes of a page, notes not counted. */
export function pageBytes({ outputBytes, shownBytes = SHOWN_BYTES }: ToolContext): number {
  return Math.max(1, Math.min(outputBytes, shownBytes) - NOTE_BYTES);
}

/** Collects lines up to a bound. `add` answers whether the line still fitted; after a refusal nothing more is taken. */
export class Page {
  readonly #lines: string[] = [];
  readonly #maxLines: number;
  #room: number;
  #full = false;

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#room = maxBytes;
  }

  get cut(): boolean {
    return this.#full;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#full || bytes > this.#room || this.#lines.length >= this.#maxLines) {
      this.#full = true;
      return false;
    }
    this.#room -= bytes;
    this.#lines.push(line);
    return true;
  }
}

/** Text that cannot break out of its line: a name with control characters is quoted as JSON. */
export function printable(name: string): string {
  return /[\u0000-\u001f\u007f]/.test(name) ? JSON.stringify(name) : name;
}

export function withNotes(lines: readonly string[], notes: readonly string[]): string {
  return [...lines, ...notes.map((note) => `[${note}]`)].join('\n');
}
