import { oneLine, stripControls } from '../../base/index.ts';
import type { EventOf, SessionEvent } from '../../protocol/index.ts';
import { spending } from './money.ts';
import type { Pen } from './pen.ts';
import { paint } from './style.ts';

export interface NoteOptions {
  /** Show inputs too: whoever follows did not type them. */
  readonly inputs?: boolean;
  /** Leave approvals to whoever asks about them. */
  readonly asked?: boolean;
}

/** Characters of a reason. */
const REASON = 160;

/** Everything else a person wants to know, a line each. */
export function notes(pen: Pen, event: SessionEvent, { inputs, asked }: NoteOptions): void {
  switch (event.type) {
    case 'input.accepted':
      if (inputs) pen.line('info', `input: ${oneLine(event.data.text, 500)}`);
      return;
    case 'input.held':
      pen.line(
        'info',
        `${String(event.data.commands.length)} queued input(s) held until someone sends or continues`,
      );
      return;
    case 'step.retried':
      pen.line('warn', `${stripControls(event.data.error.message)}; asking again`);
      if (event.data.shown) pen.line('warn', 'what the step showed above does not count');
      return;
    case 'step.adjusted':
      pen.line('info', `${event.data.parameter}: ${stripControls(event.data.why)}`);
      return;
    case 'approval.requested':
      if (asked) return;
      pen.line(
        'ask',
        `approval needed: ${oneLine(event.data.summary, 500)} (${oneLine(event.data.why, REASON)})`,
      );
      return;
    case 'approval.resolved':
      if (event.data.decision === 'deny') pen.line('failed', 'denied');
      else pen.line('ok', `allowed, ${event.data.scope}`);
      return;
    case 'budget.raised':
      pen.line(
        'info',
        `budget ${event.data.scope}.${event.data.measure} raised from ${String(event.data.from)} to ${String(event.data.to)}`,
      );
      return;
    case 'child.changed':
      if (event.data.waiting && !asked)
        pen.line('ask', `child ${event.data.child} waits for an approval: carrel inbox`);
      return;
    case 'turn.finished':
      finished(pen, event);
      return;
    default:
      sessionNote(pen, event);
  }
}

function sessionNote(pen: Pen, event: SessionEvent): void {
  switch (event.type) {
    case 'approval.expired':
      pen.line('warn', 'an approval expired unanswered');
      return;
    case 'context.cut':
      pen.line('info', 'older messages no longer fit and are not sent to the model; the journal keeps them');
      return;
    case 'compaction.started':
      pen.line('info', `the older part of the conversation is being summed up by ${event.data.model}`);
      return;
    case 'context.compacted':
      pen.line(
        'info',
        `context compacted from about ${String(event.data.tokens.before)} tokens to ${String(event.data.tokens.after)}; carrel uncompact takes it back`,
      );
      return;
    case 'compaction.failed':
      pen.line('warn', `not compacted (${event.data.reason}): ${stripControls(event.data.error.message)}`);
      return;
    case 'session.recovered':
      pen.line('info', 'taken up by this process');
      return;
    case 'session.crashed':
    case 'session.failed':
      pen.line('failed', `${event.type}: ${stripControls(event.data.error.message)}`);
      return;
    default:
  }
}

function finished(pen: Pen, { data }: EventOf<'turn.finished'>): void {
  pen.endLine();
  const cost = data.spent === undefined ? '' : `, cost ${spending(data.spent)}`;
  const usage = `${String(data.usage.input)} tokens in, ${String(data.usage.output)} out${cost}`;
  if (data.outcome === 'completed') {
    if (pen.err.terminal) pen.line('ok', paint(pen.err, 'dim', usage));
    return;
  }
  const why = stripControls(
    data.error === undefined ? data.why : `${data.error.code}: ${data.error.message}`,
  );
  pen.line(data.outcome === 'cancelled' ? 'warn' : 'failed', `${data.outcome}: ${why}`);
}
