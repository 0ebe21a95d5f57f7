import type { Command, CommandReply } from '../../protocol/index.ts';
import type { SessionState } from '../../session/index.ts';
import type { Work } from '../perform/view.ts';

/** What the work of one session may do to another. */
export interface Others {
  /** Hands over a command as a client would; refusals reject. It may have to load the session. */
  submit(session: string, command: Command): Promise<CommandReply>;
  /** Takes the session up without anybody asking; later, when it cannot be now. Never rejects. */
  wake(session: string): Promise<void>;
  /** Whether one more session may be live without another going to sleep. */
  readonly hasRoom: boolean;
  /** A session that was created just now with work to do: it is live from here on, if the host is. */
  adopt(state: SessionState, fence: number): void;
  /** Something about a child concerns its parent, which looks when it waits for it, now or as soon as it is awake. */
  childMoved(parent: string, child: string): void;
}

export interface ChildWork extends Work {
  readonly others: Others;
}
