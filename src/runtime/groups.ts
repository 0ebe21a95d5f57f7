// What an actor asks the store to write.
import type { Json } from '../base/index.ts';
import { fromErrorInfo, type Frame } from '../protocol/index.ts';
import { decide, STATE_VERSION, summaryOf, type Decided, type SessionState } from '../session/index.ts';
import type { AppendGroup, TailChunk } from '../store/index.ts';
import { bodyHash } from './body-hash.ts';
import { refuse, type Mail } from './mail.ts';
import type { Mailbox } from './mailbox.ts';
import type { Scope } from './scope.ts';

/** Events between two snapshots, also in the middle of a turn: what a load folds at most, give or take an append. */
const SNAPSHOT_EVERY = 256;

export interface Pending {
  readonly mail: Mail;
  readonly decided: Decided;
}

/**
 * Decides each on the state that the ones before it would lead to. A command leaves the mailbox once it is decided; one that is refused
 * while a command of its id is about to be written stays: when that is done, it is a repeat.
 */
export function decideAll(
  scope: Scope,
  {
    mailbox,
    state: committed,
    fence: incarnation,
    frame,
  }: {
    readonly mailbox: Mailbox;
    readonly state: SessionState;
    readonly fence: number;
    readonly frame: Frame;
  },
): readonly Pending[] {
  const pending: Pending[] = [];
  const repeats: Mail[] = [];
  const facts = { at: scope.clock.now(), incarnation, frame };
  let state = committed;
  for (const mail of mailbox.mails) {
    const decided = decide(state, mail.command, facts);
    if ('refusal' in decided) {
      if (pending.some((first) => isRepeat(first.mail, mail))) repeats.push(mail);
      else void refuse(scope, mail, fromErrorInfo(decided.refusal));
      continue;
    }
    state = decided.state;
    pending.push({ mail, decided });
  }
  mailbox.takeAll();
  mailbox.putBack(repeats);
  return pending;
}

function isRepeat({ command: first }: Mail, { command }: Mail): boolean {
  return 'id' in first && 'id' in command && first.id === command.id;
}

export class GroupMaker {
  readonly #session: string;
  readonly #fence: number;
  /** Of this maker alone: two that hold the same fence, which may never be, do not take each other's appends for their own. */
  readonly #maker: string;
  #snapshotSeq: number;
  #appends = 0;

  constructor(
    loaded: { readonly state: SessionState; readonly fence: number; readonly snapshotSeq: number },
    maker: string,
  ) {
    this.#maker = maker;
    this.#session = loaded.state.session;
    this.#fence = loaded.fence;
    this.#snapshotSeq = loaded.snapshotSeq;
  }

  /** One group for each command, then one for streaming text; `seq` is the journal's head. */
  make(pending: readonly Pending[], chunks: readonly TailChunk[], seq: number): readonly AppendGroup[] {
    const groups: AppendGroup[] = pending.map(({ mail, decided }) => this.#group(mail, decided));
    if (chunks.length > 0)
      groups.push({ ...this.#address(pending.at(-1)?.decided.state.seq ?? seq), events: [], tail: chunks });
    return groups;
  }

  /** Tells what was written, so that the next snapshot is due in time. */
  wrote(state: SessionState): void {
    if (this.#isSnapshotDue(state)) this.#snapshotSeq = state.seq;
  }

  #isSnapshotDue(state: SessionState): boolean {
    return state.seq - this.#snapshotSeq >= SNAPSHOT_EVERY;
  }

  #address(expectedSeq: number): Pick<AppendGroup, 'session' | 'fence' | 'expectedSeq' | 'appendId'> {
    return {
      session: this.#session,
      fence: this.#fence,
      expectedSeq,
      appendId: `${String(this.#fence)}.${this.#maker}.${String(++this.#appends)}`,
    };
  }

  #group({ command, identity }: Mail, { events, state, reply }: Decided): AppendGroup {
    const stored = { identity, reply: reply as Json };
    const snapshot = {
      session: this.#session,
      seq: state.seq,
      version: STATE_VERSION,
      state: state as unknown as Json,
    };
    return {
      ...this.#address(state.seq - events.length),
      events,
      ...(events.length > 0 ? { summary: summaryOf(state) } : {}),
      ...('id' in command
        ? { command: { ...stored, id: command.id, bodyHash: bodyHash(command, this.#session) } }
        : {}),
      ...(this.#isSnapshotDue(state) ? { snapshot } : {}),
    };
  }
}
