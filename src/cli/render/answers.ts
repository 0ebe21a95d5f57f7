// On a terminal an answer appears while it comes; into a pipe goes only text that counts: whole parts of answers, never what
// a retry took back, never what was said on the way to a call.
import { stripControls } from '../../base/index.ts';
import type { DeltaFrame, SessionEvent } from '../../protocol/index.ts';
import type { Sink } from '../terminal.ts';
import type { Pen } from './pen.ts';
import { paint } from './style.ts';

export interface Answers {
  frame(frame: DeltaFrame): void;
  event(event: SessionEvent): void;
}

export function silentAnswers(): Answers {
  return { frame: () => undefined, event: () => undefined };
}

/** Text as it comes. The end of a part brings what its frames did not. */
export function liveAnswers(pen: Pen): Answers {
  const shown = new Map<string, number>();
  const write = (kind: 'text' | 'reasoning', text: string): void => {
    if (kind === 'text') pen.text(pen.out, stripControls(text));
    else pen.text(pen.err, stripControls(text), (plain) => paint(pen.err, 'dim', plain));
  };
  return {
    frame({ kind, part, offset, text }) {
      if (kind === 'reasoning' && !shown.has(part)) pen.text(pen.err, '… ');
      shown.set(part, offset + text.length);
      write(kind, text);
    },
    event(event) {
      if (event.type !== 'text.ended' && event.type !== 'reasoning.ended') return;
      const { part, text, interrupted } = event.data;
      const kind = event.type === 'text.ended' ? 'text' : 'reasoning';
      const before = shown.get(part);
      shown.delete(part);
      if (kind === 'text' || before !== undefined) write(kind, text.slice(before ?? 0));
      pen.endLine();
      // Whoever watched it stop is told by the end of the turn.
      if (interrupted && kind === 'text' && before === undefined) pen.line('warn', 'interrupted here');
    },
  };
}

/** Text of a step is held until it is known whether it is the answer or only leads to a call. */
export function wholeAnswers(pen: Pen): Answers {
  let held: string[] = [];
  const flush = (sink: Sink): void => {
    for (const text of held) sink.write(text.endsWith('\n') ? text : `${text}\n`);
    held = [];
  };
  return {
    frame: () => undefined,
    event(event) {
      if (event.type === 'text.ended') held.push(stripControls(event.data.text));
      else if (event.type === 'step.retried') held = [];
      else if (event.type === 'tool.requested') flush(pen.err);
      else if (event.type === 'step.finished' || event.type === 'turn.finished') flush(pen.out);
    },
  };
}
