// What models were asked and tools did, whatever the hosts say about it.
import type { ModelRequest } from '../../model/index.ts';

export interface Emitted {
  readonly atMs: number;
  readonly part: string;
  readonly text: string;
}

export interface RequestRecord {
  readonly number: number;
  readonly host: string;
  readonly session: string;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  readonly startedAtMs: number;
  readonly emitted: Emitted[];
  /** Nobody waits for more of it. */
  ended: boolean;
}

export interface RunRecord {
  readonly host: string;
  readonly session: string;
  readonly call: string;
  readonly tool: string;
  readonly idempotent: boolean;
  readonly signal: AbortSignal;
  readonly startedAtMs: number;
  /** What it said, when it was done. */
  text: string | undefined;
  ended: boolean;
}

export class Ledger {
  readonly requests: RequestRecord[] = [];
  readonly runs: RunRecord[] = [];
  readonly #open = new Set<RequestRecord | RunRecord>();
  readonly #onRequest: (request: RequestRecord) => void;
  readonly #onRun: (run: RunRecord) => void;

  constructor(onRequest: (request: RequestRecord) => void, onRun: (run: RunRecord) => void) {
    this.#onRequest = onRequest;
    this.#onRun = onRun;
  }

  /** What is at work now. */
  get open(): ReadonlySet<RequestRecord | RunRecord> {
    return this.#open;
  }

  requested(request: RequestRecord): void {
    this.requests.push(request);
    this.#open.add(request);
    this.#onRequest(request);
  }

  ran(run: RunRecord): void {
    this.runs.push(run);
    this.#open.add(run);
    this.#onRun(run);
  }

  ended(record: RequestRecord | RunRecord): void {
    record.ended = true;
    this.#open.delete(record);
  }

  /** The host is gone, and everything in it. */
  died(host: string): void {
    for (const record of this.#open) if (record.host === host) this.ended(record);
  }
}
