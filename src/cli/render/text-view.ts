// What happens in a session as readable text: answers, calls, and notes about everything else.
import { isKnownEvent, type SessionEvent, type ViewItem } from '../../protocol/index.ts';
import type { Terminal } from '../terminal.ts';
import { liveAnswers, silentAnswers, wholeAnswers } from './answers.ts';
import { callLines } from './call-lines.ts';
import { notes, type NoteOptions } from './notes.ts';
import { Pen } from './pen.ts';
import type { View } from './view.ts';

export interface TextViewOptions extends NoteOptions {
  /** Leave answers out. */
  readonly silent?: boolean;
  /** What happened before: calls that end now may have been asked for then. */
  readonly before?: readonly SessionEvent[];
}

export function textView(terminal: Pick<Terminal, 'out' | 'err'>, options: TextViewOptions = {}): View {
  const pen = new Pen(terminal.out, terminal.err);
  const answers = options.silent
    ? silentAnswers()
    : terminal.out.terminal
      ? liveAnswers(pen)
      : wholeAnswers(pen);
  const calls = callLines(pen, options.before ?? []);
  return {
    show(item: ViewItem): void {
      if (item.type === 'delta') {
        answers.frame(item);
        return;
      }
      if (!isKnownEvent(item)) return;
      answers.event(item);
      calls(item);
      notes(pen, item, options);
    },
    end: () => pen.endLine(),
  };
}
