// One answer while it is given: the open part, what was said so far, and the way it ends.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { sleep, type Clock } from '../../base/index.ts';
import type { Usage } from '../../protocol/index.ts';
import { estimateTokens } from './tokens.ts';
import type { LedgerKind } from './ledger.ts';
import type { Encoder, Failure, FinishReason, Part } from './wire.ts';

/** Where the bytes of one answer go. Every method but `write` ends it. */
export interface Outlet {
  /** Aborts when the client leaves or the server closes. */
  readonly signal: AbortSignal;
  /** Sends the HTTP head first, when it was not sent yet. Resolves when more may be written. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Answers with an HTTP error; only before the first write. */
  refuse(failure: Failure): void;
  end(): void;
  reset(): void;
  note(kind: LedgerKind, text: string): void;
}

export interface PlayerOptions {
  readonly encoder: Encoder;
  readonly outlet: Outlet;
  readonly clock: Clock;
  readonly inputTokens: number;
}

export class Player {
  readonly #encoder: Encoder;
  readonly #clock: Clock;
  readonly #inputTokens: number;
  readonly #parts: Part[] = [];
  readonly outlet: Outlet;
  usage: Usage | undefined;
  splitBytes: number | undefined;
  cutsArguments = false;
  opened = false;
  readonly #left: Promise<void>;
  #part: Part | undefined;

  constructor({ encoder, outlet, clock, inputTokens }: PlayerOptions) {
    this.#encoder = encoder;
    this.outlet = outlet;
    this.#clock = clock;
    this.#inputTokens = inputTokens;
    const { signal } = outlet;
    this.#left = signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
  }

  pause(ms: number | undefined): Promise<void> {
    return ms === undefined ? Promise.resolve() : sleep(this.#clock, ms, this.outlet.signal);
  }

  /** Resolves when `gate` settles; rejects when the answer is no longer wanted. */
  async waitFor(gate: Promise<unknown>): Promise<void> {
    await Promise.race([Promise.allSettled([gate]), this.#left]);
    this.outlet.signal.throwIfAborted();
  }

  async open(): Promise<void> {
    if (this.opened) return;
    this.opened = true;
    const raw = this.#encoder.open();
    if (raw === '') await this.outlet.write('');
    else await this.send('open', raw);
  }

  /** Sends and notes one chunk; nothing at all where the format has nothing to say. */
  async send(kind: LedgerKind, raw: string, text = ''): Promise<void> {
    if (raw === '') return;
    this.outlet.signal.throwIfAborted();
    if (this.splitBytes === undefined) await this.#write(raw, { kind, text });
    else await this.#writeSplit(Buffer.from(raw), this.splitBytes, { kind, text });
  }

  async #write(raw: string, { kind, text }: { kind: LedgerKind; text: string }): Promise<void> {
    const written = this.outlet.write(raw);
    this.outlet.note(kind, text);
    await written;
  }

  /** Gives the event loop a turn between pieces, so that they leave as pieces; noted when the last one has left. */
  async #writeSplit(
    bytes: Uint8Array,
    size: number,
    { kind, text }: { kind: LedgerKind; text: string },
  ): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) {
      await this.outlet.write(bytes.subarray(at, at + size));
      await setImmediate(undefined, { signal: this.outlet.signal });
    }
    this.outlet.note(kind, text);
  }

  /** Continues the open part when it is of this kind, else begins a new one. */
  async begin(
    kind: Part['kind'],
    call: { tool: string; id?: string | undefined } = { tool: '' },
  ): Promise<Part> {
    if (this.#part?.kind === kind && kind !== 'call') return this.#part;
    await this.end();
    const ordinal = this.#parts.filter((part) => part.kind === kind).length;
    const index = this.#parts.length;
    const part: Part = {
      kind,
      index,
      ordinal,
      tool: call.tool,
      callId: call.id,
      text: '',
      signature: undefined,
      cut: false,
    };
    this.#parts.push(part);
    this.#part = part;
    await this.send('open', this.#encoder.begin(part));
    return part;
  }

  async grow(part: Part, text: string): Promise<void> {
    part.text += text;
    await this.send(part.kind, this.#encoder.delta(part, text), text);
  }

  async end(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    if (part !== undefined) await this.send('open', this.#encoder.end(part));
  }

  async ping(): Promise<void> {
    await this.send('ping', this.#encoder.ping());
  }

  async finish(reason: FinishReason = this.#reason()): Promise<void> {
    await this.open();
    await this.end();
    const usage = this.usage ?? this.#estimate();
    await this.send('finish', this.#encoder.finish({ reason, usage }), reason);
    this.outlet.end();
  }

  async fail(failure: Failure): Promise<void> {
    this.outlet.note('error', String(failure.status));
    if (!this.opened) return this.outlet.refuse(failure);
    await this.outlet.write(this.#encoder.fail(failure));
    this.outlet.end();
  }

  #reason(): FinishReason {
    if (this.#parts.some((part) => part.cut)) return 'length';
    return this.#parts.some((part) => part.kind === 'call') ? 'calls' : 'stop';
  }

  #estimate(): Usage {
    const count = (parts: readonly Part[]): number =>
      parts.reduce((sum, part) => sum + estimateTokens(part.text), 0);
    const reasoning = count(this.#parts.filter((part) => part.kind === 'reasoning'));
    return { input: this.#inputTokens, output: count(this.#parts), ...(reasoning > 0 ? { reasoning } : {}) };
  }
}
