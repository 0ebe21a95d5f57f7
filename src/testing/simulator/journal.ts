// What the disk has of one session, read by rules of its own: the oracle trusts neither the fold of the runtime nor its projections.
import type { EventOf, SessionEvent } from '../../protocol/index.ts';

export interface InputRecord {
  readonly text: string;
  /** Seqs; 0 as long as it did not happen. */
  readonly acceptedAt: number;
  deliveredAt: number;
  withdrawnAt: number;
}

export interface CallRecord {
  readonly call: string;
  readonly tool: string;
  readonly step: string;
  readonly turn: string;
  readonly idempotent: boolean;
  /** It starts a child session: that child's id, as often as it was said. */
  readonly children: string[];
  /** Incarnations of its intents, in order. */
  readonly intents: number[];
  /** A human is asked. */
  waiting: boolean;
  results: { readonly status: string; readonly text: string; readonly seq: number }[];
}

export class Journal {
  readonly events: SessionEvent[] = [];
  readonly inputs = new Map<string, InputRecord>();
  readonly calls = new Map<string, CallRecord>();
  /** Reasons of steps that finished. */
  readonly steps = new Map<string, string>();
  /** Turns with a cancel request, and the virtual time at which it was durable. */
  readonly cancels = new Map<string, number>();
  /** Whole texts of parts that ended. */
  readonly parts = new Map<string, { readonly text: string; readonly interrupted: boolean }>();
  turn: string | undefined;
  archived = false;
  failed = false;

  /** How it began; undefined before that. */
  get born(): EventOf<'session.created'>['data'] | undefined {
    const [first] = this.events;
    return first?.type === 'session.created' ? first.data : undefined;
  }

  get head(): number {
    return this.events.length;
  }

  /** Inputs that wait to be delivered. */
  get queued(): readonly string[] {
    return [...this.inputs].flatMap(([command, { deliveredAt, withdrawnAt }]) =>
      deliveredAt + withdrawnAt === 0 ? [command] : [],
    );
  }

  get waiting(): readonly string[] {
    return [...this.calls.values()].flatMap(({ call, waiting }) => (waiting ? [call] : []));
  }

  /** Whether someone asked to stop the turn that is open. */
  get cancelled(): boolean {
    return this.turn !== undefined && this.cancels.has(this.turn);
  }

  add(event: SessionEvent, atMs: number): void {
    this.events.push(event);
    this.#addInput(event);
    this.#addCall(event);
    const { type, turn, step = '', data } = event;
    if (type === 'turn.started') this.turn = turn;
    if (type === 'turn.finished') this.turn = undefined;
    if (type === 'turn.cancel-requested' && turn !== undefined) this.cancels.set(turn, atMs);
    if (type === 'step.finished') this.steps.set(step, data.reason);
    if (type === 'text.ended' || type === 'reasoning.ended')
      this.parts.set(data.part, { text: data.text, interrupted: data.interrupted === true });
    if (type === 'session.archived' || type === 'session.restored')
      this.archived = type === 'session.archived';
    if (type === 'session.failed' || type === 'session.revived') this.failed = type === 'session.failed';
  }

  #addInput({ type, seq, data }: SessionEvent): void {
    if (type === 'input.accepted')
      this.inputs.set(data.command, { text: data.text, acceptedAt: seq, deliveredAt: 0, withdrawnAt: 0 });
    if (type !== 'input.delivered' && type !== 'input.withdrawn') return;
    const input = this.inputs.get(data.command);
    if (input === undefined) return;
    if (type === 'input.delivered') input.deliveredAt = seq;
    else input.withdrawnAt = seq;
  }

  #addCall({ type, seq, turn = '', step = '', call = '', data }: SessionEvent): void {
    if (type === 'tool.requested') {
      const { tool, idempotent } = data;
      const said = { intents: [], children: [], waiting: false, results: [] };
      this.calls.set(call, { call, tool, turn, step, idempotent, ...said });
    }
    const record = this.calls.get(call);
    if (record === undefined) return;
    if (type === 'approval.requested') record.waiting = true;
    if (type === 'approval.resolved' || type === 'approval.expired') record.waiting = false;
    if (type === 'child.started') record.children.push(data.child);
    if (type === 'tool.started') record.intents.push(data.incarnation);
    if (type !== 'tool.finished') return;
    record.waiting = false;
    record.results.push({ status: data.status, text: data.output.text, seq });
  }
}
