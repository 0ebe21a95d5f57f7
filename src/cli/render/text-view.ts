// Readable text. On a terminal an answer appears while it comes; into a pipe goes only text that counts: whole parts of
// answers, never what a retry took back, never what was said on the way to a call.
import { oneLine, stripControls } from '../../base/index.ts';
import {
  isKnownEvent,
  type DeltaFrame,
  type EventOf,
  type SessionEvent,
  type ViewItem,
} from '../../protocol/index.ts';
import type { Sink, Terminal } from '../terminal.ts';
import { callLine } from './call.ts';
import { mark, paint, type Mark } from './style.ts';
import { span } from './time.ts';
import type { View } from './view.ts';
import { fit } from './width.ts';

export interface TextViewOptions {
  /** Show inputs too: whoever follows did not type them. */
  readonly inputs?: boolean;
  /** Leave answers out. */
  readonly silent?: boolean;
  /** What happened before: calls that end now may have been asked for then. */
  readonly before?: readonly SessionEvent[];
  /** Leave approvals to whoever asks about them. */
  readonly asked?: boolean;
}

const CLEAR_LINE = '\r\u001b[K';

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

/** Writes to two sinks that may be one screen, and knows whether a line is open there. */
class Pen {
  readonly out: Sink;
  readonly err: Sink;
  #open: Sink | undefined;
  /** A line that its outcome may replace, by call. */
  #busy: string | undefined;

  constructor(out: Sink, err: Sink) {
    this.out = out;
    this.err = err;
  }

  /** Running text, as it comes. */
  text(sink: Sink, text: string, style: (text: string) => string = (plain) => plain): void {
    if (text === '') return;
    if (this.#open !== sink || this.#busy !== undefined) this.endLine();
    sink.write(style(text));
    this.#open = text.endsWith('\n') ? undefined : sink;
  }

  line(name: Mark, text: string): void {
    this.endLine();
    this.err.write(`${mark(this.err, name)} ${text}\n`);
  }

  /** Says that a call runs; on a screen the line waits for its outcome. */
  busy(call: string, text: string): void {
    if (!this.err.terminal) return;
    this.endLine();
    this.err.write(`${mark(this.err, 'busy')} ${fit(text, this.err.columns - 4)}`);
    this.#open = this.err;
    this.#busy = call;
  }

  outcome(call: string, name: Mark, text: string): void {
    if (this.#busy === call) {
      this.err.write(CLEAR_LINE);
      this.#open = undefined;
      this.#busy = undefined;
    }
    this.line(name, text);
  }

  endLine(): void {
    this.#open?.write('\n');
    this.#open = undefined;
    this.#busy = undefined;
  }
}

interface Answers {
  frame(frame: DeltaFrame): void;
  event(event: SessionEvent): void;
}

function silentAnswers(): Answers {
  return { frame: () => undefined, event: () => undefined };
}

/** Text as it comes. The end of a part brings what its frames did not. */
function liveAnswers(pen: Pen): Answers {
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
function wholeAnswers(pen: Pen): Answers {
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

const STATUS_MARK: Readonly<Record<EventOf<'tool.finished'>['data']['status'], Mark>> = {
  ok: 'ok',
  error: 'failed',
  cancelled: 'failed',
  denied: 'failed',
  timeout: 'failed',
  unknown: 'warn',
};

/** Characters of a failed call's output that its line shows. */
const REASON = 160;

function callLines(pen: Pen, before: readonly SessionEvent[]): (event: SessionEvent) => void {
  const lines = new Map<string, string>();
  const learn = (event: SessionEvent): void => {
    if (event.type === 'tool.requested')
      lines.set(event.call ?? '', callLine(event.data.tool, event.data.args));
  };
  before.forEach(learn);
  return (event) => {
    learn(event);
    const call = event.call ?? '';
    const line = lines.get(call) ?? call;
    if (event.type === 'tool.started') pen.busy(call, line);
    else if (event.type === 'tool.finished') {
      lines.delete(call);
      const { status, output, tookMs } = event.data;
      const took = tookMs === undefined ? '' : paint(pen.err, 'dim', ` ${span(tookMs)}`);
      const how = status === 'ok' ? '' : ` ${status}: ${oneLine(output.text, REASON)}`;
      pen.outcome(call, STATUS_MARK[status], `${line}${how}${took}`);
    }
  };
}

/** Everything else a person wants to know, a line each. */
function notes(pen: Pen, event: SessionEvent, { inputs, asked }: TextViewOptions): void {
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
  const usage = `${String(data.usage.input)} tokens in, ${String(data.usage.output)} out`;
  if (data.outcome === 'completed') {
    if (pen.err.terminal) pen.line('ok', paint(pen.err, 'dim', usage));
    return;
  }
  const why = stripControls(
    data.error === undefined ? data.why : `${data.error.code}: ${data.error.message}`,
  );
  pen.line(data.outcome === 'cancelled' ? 'warn' : 'failed', `${data.outcome}: ${why}`);
}
