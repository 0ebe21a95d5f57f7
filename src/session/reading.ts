import type { EventData, Frame, SessionEvent } from '../protocol/index.ts';
import { Conversation } from './conversation.ts';
import { evolve } from './evolve.ts';
import { emptyState, type SessionState } from './state.ts';

/** A journal read from its start: the state, the messages, and what was in force for the newest turn. */
export class Reading {
  readonly conversation = new Conversation();
  state: SessionState;
  frame: Frame | undefined;
  /** Of the newest compaction, if it came to nothing. */
  failed: EventData<'compaction.failed'> | undefined;

  constructor(session: string) {
    this.state = emptyState(session);
  }

  addAll(events: readonly SessionEvent[]): this {
    for (const event of events) {
      this.state = evolve(this.state, event);
      this.conversation.add(event);
      if (event.type === 'turn.started') this.frame = event.data.frame;
      if (event.type === 'compaction.failed') this.failed = event.data;
      if (event.type === 'context.compacted') this.failed = undefined;
    }
    return this;
  }
}
