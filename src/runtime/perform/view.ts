import { CarrelError } from '../../protocol/index.ts';
import type { Scope } from '../scope.ts';
import type { Conversation, EffectCommand, SessionState } from '../../session/index.ts';

/** What a performer may know of its session and do to it. */
export interface SessionView {
  readonly id: string;
  /** As committed. */
  readonly state: SessionState;
  /** Folded up to the last commit; kept while a turn is open. */
  conversation(): Promise<Conversation>;
  /** Shows a piece of a streaming part, and has it written. Never waits. */
  delta(
    at: { readonly step: string; readonly part: string; readonly kind: 'text' | 'reasoning' },
    text: string,
  ): void;
  /** Resolves when the command is decided and its events are synced. */
  submit(command: EffectCommand): Promise<unknown>;
}

/** What every performer is given. */
export interface Work {
  readonly scope: Scope;
  readonly view: SessionView;
}

/** Why an effect is stopped: by a cancel, by its own deadline, or because the host closes. */
export type StopReason = 'cancel' | 'timeout' | 'close';

const SAID: Readonly<Record<StopReason, string>> = {
  cancel: 'The turn was cancelled.',
  timeout: 'The deadline of the call passed (limits.toolTimeoutMs).',
  close: 'The host is closing.',
};

/** The abort reason that performers look at; tools tell the model its message. */
export class Stop extends CarrelError {
  readonly why: StopReason;
  constructor(why: StopReason) {
    super(why === 'timeout' ? 'timeout' : 'cancelled', SAID[why]);
    this.name = 'Stop';
    this.why = why;
  }
}

export function stopReason(signal: AbortSignal): StopReason | undefined {
  return signal.reason instanceof Stop ? signal.reason.why : undefined;
}
