// A client that follows a session through deaths and new connections, from cursors new and old (P7).
import { isDeepStrictEqual } from 'node:util';
import type { SessionHandle } from '../../host/index.ts';
import { codeOf, type Cursor, type SessionEvent, type ViewItem } from '../../protocol/index.ts';
import type { Dice } from './dice.ts';
import type { Disk } from './disk.ts';
import type { Findings } from './findings.ts';
import type { Life } from './life.ts';

export interface ViewerOptions {
  readonly name: string;
  readonly session: string;
  readonly disk: Disk;
  readonly findings: Findings;
  readonly dice: Dice;
}

export class Viewer {
  readonly session: string;
  /** The last event of a gapless beginning. */
  seen = 0;
  life: Life | undefined;
  readonly #options: ViewerOptions;
  #connection: AbortController | undefined;
  /** One that was kept some time ago. */
  #kept: Cursor | undefined;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.session = options.session;
  }

  leave(): void {
    this.#connection?.abort();
    this.#connection = undefined;
    this.life = undefined;
  }

  /** Goes on where it was, or further back. Resolves when the connection ends; at a dead host it never does. */
  async join(life: Life): Promise<void> {
    this.leave();
    const connection = new AbortController();
    this.#connection = connection;
    this.life = life;
    try {
      const handle = await life.host?.session(this.session);
      if (handle !== undefined && !connection.signal.aborted) await this.#follow(handle, connection.signal);
    } catch (error) {
      this.#failed(error);
    } finally {
      if (this.#connection === connection) this.leave();
    }
  }

  async #follow(handle: SessionHandle, signal: AbortSignal): Promise<void> {
    const { dice } = this.#options;
    const from = dice.weighted({ newest: 3, cursor: 3, kept: 2 });
    const cursor =
      from === 'cursor' ? await handle.cursor(this.seen) : from === 'kept' ? this.#kept : undefined;
    const place = cursor === undefined ? { after: this.seen } : { cursor };
    const watch = new Connection(this.#options, cursor?.seq ?? this.seen);
    for await (const item of handle.follow({ ...place, signal })) {
      watch.take(item);
      this.seen = Math.max(this.seen, watch.seq);
      if (item.type !== 'delta' && dice.chance(0.05)) this.#kept = await handle.cursor(watch.seq);
    }
  }

  #failed(error: unknown): void {
    const { findings, name } = this.#options;
    const code = codeOf(error);
    if (code === 'store_unavailable' || code === 'cancelled' || code === 'not_found') return;
    findings.add('P7', `${name} of ${this.session} failed: ${String(error)}`);
  }
}

/** What one connection shows, checked item by item. */
class Connection {
  seq: number;
  readonly #options: ViewerOptions;
  readonly #parts = new Map<string, string>();

  constructor(options: ViewerOptions, seq: number) {
    this.#options = options;
    this.seq = seq;
  }

  take(item: ViewItem): void {
    if (item.type === 'delta') this.#takeDelta(item);
    else this.#takeEvent(item);
  }

  #takeEvent(event: SessionEvent): void {
    const { disk, session } = this.#options;
    if (event.seq !== this.seq + 1) this.#broken(`event ${String(event.seq)} came after ${String(this.seq)}`);
    this.seq = event.seq;
    const kept = disk.journal(session).events[event.seq - 1];
    if (kept === undefined) this.#broken(`event ${String(event.seq)} was shown and is not on the disk`);
    else if (!isDeepStrictEqual(plain(kept), plain(event)))
      this.#broken(`event ${String(event.seq)} is another on the disk`);
    if (event.type !== 'text.ended' && event.type !== 'reasoning.ended') return;
    const { part, text, interrupted } = event.data;
    const shown = this.#parts.get(part) ?? '';
    this.#parts.delete(part);
    if (interrupted !== true && !text.startsWith(shown))
      this.#broken(`part ${part} ended as ${JSON.stringify(text)}, and showed ${JSON.stringify(shown)}`);
  }

  #takeDelta({ part, offset, text }: Extract<ViewItem, { type: 'delta' }>): void {
    const shown = this.#parts.get(part) ?? '';
    if (offset !== shown.length)
      this.#broken(`part ${part} went on at ${String(offset)}, not at ${String(shown.length)}`);
    this.#parts.set(part, shown + text);
  }

  #broken(what: string): void {
    this.#options.findings.add('P7', `${this.#options.name} of ${this.#options.session}: ${what}`);
  }
}

function plain(event: SessionEvent): unknown {
  return JSON.parse(JSON.stringify(event)) as unknown;
}
