// A turn as a trace: `invoke_agent` for the turn, below it `chat` for each request and `execute_tool` for each call that ran; the turn
// of a child stands below the call that started it. Made from facts that are durable already, so nothing of a turn waits for it.
import type { Context, Span, SpanKind, Tracer } from '@opentelemetry/api';
import type { Asked, Committed, Fact } from '../../../host/index.ts';
import type { SessionEvent } from '../../../protocol/index.ts';
import { toolOf } from '../record.ts';
import { CARREL, ERROR_TYPE, GEN_AI, providerName } from './names.ts';

/** Turns open at once that are followed; above it the oldest is ended, as it is. */
const MAX_TURNS = 4096;
/** Of one text that a setting lets out. */
const MAX_CONTENT = 16 * 1024;

/** What is used of the API package, which is loaded only where there is a collector. */
export interface Api {
  readonly kinds: { readonly internal: SpanKind; readonly client: SpanKind };
  readonly error: number;
  readonly root: Context;
  readonly below: (span: Span) => Context;
}

export interface SpansOptions {
  readonly tracer: Tracer;
  readonly api: Api;
  /** Whether texts of messages, arguments and results may leave. */
  readonly content: boolean;
}

interface Open {
  readonly turn: string;
  readonly span: Span;
  readonly calls: Map<string, Span>;
  said: string;
}

export class Spans {
  readonly #options: SpansOptions;
  /** By session. */
  readonly #open = new Map<string, Open>();

  constructor(options: SpansOptions) {
    this.#options = options;
  }

  hear(fact: Fact): void {
    if (fact.type === 'asked') this.#request(fact);
    else if (fact.type === 'committed') for (const event of fact.events) this.#event(fact, event);
  }

  /** Ends what is open, as it is: the daemon stops. */
  end(): void {
    for (const { span, calls } of this.#open.values()) {
      for (const call of calls.values()) call.end();
      span.end();
    }
    this.#open.clear();
  }

  #request(fact: Asked): void {
    const open = this.#open.get(fact.session);
    const { tracer, api } = this.#options;
    const { answer, error, firstMs } = fact;
    const span = tracer.startSpan(
      `chat ${fact.model}`,
      {
        kind: api.kinds.client,
        startTime: fact.startedAt,
        attributes: {
          [GEN_AI.operation]: 'chat',
          [GEN_AI.provider]: providerName(fact.provider),
          [GEN_AI.model]: fact.model,
          [GEN_AI.conversation]: fact.session,
          [CARREL.step]: fact.step,
          [CARREL.attempt]: fact.attempt,
          ...(firstMs === undefined ? {} : { [CARREL.firstMs]: firstMs }),
          ...(answer === undefined ? {} : usageOf(answer)),
        },
      },
      open === undefined ? api.root : api.below(open.span),
    );
    if (error !== undefined) this.#failed(span, error);
    span.end(fact.startedAt + fact.tookMs);
  }

  #event(commit: Committed, event: SessionEvent): void {
    switch (event.type) {
      case 'turn.started':
        return this.#begin(commit, event);
      case 'tool.started':
        return this.#beginCall(commit, event);
      case 'tool.finished': {
        const { status, error, output } = event.data;
        return this.#endCall(event, {
          code: status === 'ok' ? undefined : (error?.code ?? status),
          output: output.text,
        });
      }
      case 'text.ended':
        return this.#keepAnswer(event.session, event.data.text);
      case 'turn.finished':
        return this.#finish(event);
      default:
    }
  }

  #begin(commit: Committed, event: SessionEvent): void {
    const { tracer, api, content } = this.#options;
    const { state } = commit;
    const { profile, turn, parent, parentCall } = state;
    const [provider = '', model = ''] = split(turn?.frame.model ?? profile.model);
    const above = this.#open.get(parent ?? '')?.calls.get(parentCall ?? '');
    const said = content ? inputs(commit) : [];
    const span = tracer.startSpan(
      `invoke_agent ${profile.name}`,
      {
        kind: api.kinds.internal,
        startTime: event.at,
        attributes: {
          [GEN_AI.operation]: 'invoke_agent',
          [GEN_AI.agent]: profile.name,
          [GEN_AI.provider]: providerName(provider),
          [GEN_AI.model]: model,
          [GEN_AI.conversation]: event.session,
          [CARREL.turn]: event.turn ?? '',
          ...(said.length === 0 ? {} : { [GEN_AI.said]: messages('user', said) }),
        },
      },
      above === undefined ? api.root : api.below(above),
    );
    this.#makeRoom();
    this.#open.set(event.session, { turn: event.turn ?? '', span, calls: new Map(), said: '' });
  }

  #makeRoom(): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size < MAX_TURNS || oldest === undefined) return;
    this.#open.get(oldest)?.span.end();
    this.#open.delete(oldest);
  }

  #beginCall(commit: Committed, { session, call = '', at }: SessionEvent): void {
    const open = this.#open.get(session);
    if (open === undefined) return;
    const { tracer, api, content } = this.#options;
    const tool = toolOf(commit, call) ?? 'unknown';
    const args = content ? argumentsOf(commit, call) : undefined;
    const span = tracer.startSpan(
      `execute_tool ${tool}`,
      {
        kind: api.kinds.internal,
        startTime: at,
        attributes: {
          [GEN_AI.operation]: 'execute_tool',
          [GEN_AI.tool]: tool,
          [GEN_AI.toolType]: 'function',
          [GEN_AI.call]: call,
          [GEN_AI.conversation]: session,
          ...(args === undefined ? {} : { [GEN_AI.args]: cut(args) }),
        },
      },
      api.below(open.span),
    );
    open.calls.set(call, span);
  }

  /** A call that never ran has no span. */
  #endCall(
    { session, call = '', at }: SessionEvent,
    { code, output }: { readonly code: string | undefined; readonly output: string },
  ): void {
    const open = this.#open.get(session);
    const span = open?.calls.get(call);
    if (span === undefined) return;
    open?.calls.delete(call);
    if (code !== undefined) this.#failed(span, code);
    if (this.#options.content) span.setAttribute(GEN_AI.result, cut(output));
    span.end(at);
  }

  #keepAnswer(session: string, text: string): void {
    const open = this.#open.get(session);
    if (this.#options.content && open !== undefined) open.said = cut(text);
  }

  #finish(event: SessionEvent & { readonly type: 'turn.finished' }): void {
    const open = this.#open.get(event.session);
    if (open === undefined) return;
    this.#open.delete(event.session);
    const { outcome, error, usage } = event.data;
    open.span.setAttributes({
      [CARREL.outcome]: outcome,
      [GEN_AI.input]: usage.input,
      [GEN_AI.output]: usage.output,
      ...(open.said === '' ? {} : { [GEN_AI.answered]: messages('assistant', [open.said]) }),
    });
    if (error !== undefined) this.#failed(open.span, error.code);
    for (const call of open.calls.values()) call.end(event.at);
    open.span.end(event.at);
  }

  /** Codes alone: a message may hold what was said. */
  #failed(span: Span, code: string): void {
    span.setAttribute(ERROR_TYPE, code);
    span.setStatus({ code: this.#options.api.error, message: code });
  }
}

function usageOf({ reason, usage }: NonNullable<Asked['answer']>): Record<string, string[] | number> {
  const { input, output, cachedInput } = usage;
  return {
    [GEN_AI.reasons]: [reason],
    [GEN_AI.input]: input,
    [GEN_AI.output]: output,
    ...(cachedInput === undefined ? {} : { [GEN_AI.cached]: cachedInput }),
  };
}

function split(model: string): readonly string[] {
  const at = model.indexOf('/');
  return [model.slice(0, at), model.slice(at + 1)];
}

function inputs({ events }: Committed): readonly string[] {
  return events.flatMap((event) => (event.type === 'input.accepted' ? [event.data.text] : []));
}

function argumentsOf({ events }: Committed, call: string): string | undefined {
  const asked = events.find((event) => event.type === 'tool.requested' && event.call === call);
  return asked?.type === 'tool.requested' ? JSON.stringify(asked.data.args) : undefined;
}

function messages(role: string, texts: readonly string[]): string {
  const parts = texts.map((text) => ({ type: 'text', content: cut(text) }));
  return JSON.stringify([{ role, parts }]);
}

function cut(text: string): string {
  return text.length > MAX_CONTENT ? `${text.slice(0, MAX_CONTENT)}…` : text;
}
