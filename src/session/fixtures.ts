// Scripts for the interpreter: answers are data, and each call says in its arguments whether it may run and what it does.
import type {
  BudgetLimits,
  Command,
  ErrorInfo,
  FinishReason,
  Frame,
  Profile,
  SessionEvent,
} from '../protocol/index.ts';
import type { JsonObject } from '../base/index.ts';
import { Conversation, effects, planCompaction, takeSummary, transcript } from './index.ts';
import type {
  Effect,
  EffectCommand,
  Futile,
  Judgement,
  PartText,
  RequestedCall,
  SessionState,
} from './index.ts';
import { Interpreter, type World } from './interpreter.fixture.ts';

const DIGEST = '0'.repeat(64);
export const FRAME: Frame = { prompt: DIGEST, tools: DIGEST, model: 'test/model', date: '2026-01-01' };

export const PROFILE: Profile = {
  name: 'test',
  prompt: 'Test.',
  model: 'test/model',
  tools: ['a', 'b', 'c'],
  mode: 'ask',
  recovery: 'continue',
  continueOnLength: false,
  haltOnDenied: false,
  deny: { tools: [], paths: [] },
  limits: {
    maxSteps: 6,
    modelSilenceMs: 1_000,
    toolTimeoutMs: 1_000,
    parallelTools: 8,
    queuedInputs: 4,
    approvalMs: 5_000,
    toolOutputBytes: 1_000,
    toolContextBytes: 1_000,
    contextTokens: 0,
    turnTimeoutMs: 0,
    childDepth: 5,
  },
};

export type ProfileLike = Partial<Omit<Profile, 'limits'>> & { limits?: Partial<Profile['limits']> };

export interface CallScript {
  readonly may?: Judgement['kind'];
  /** `hang` ends when it is stopped; `lost` cannot be confirmed dead then. */
  readonly does?: 'ok' | 'error' | 'hang' | 'lost';
  readonly idempotent?: boolean;
  readonly parallel?: boolean;
  /** It starts a child: `hang` then means that its turn goes on, and `lost` that it is interrupted when it is stopped. */
  readonly spawns?: boolean;
  readonly wants?: BudgetLimits;
  readonly invalid?: ErrorInfo;
  readonly path?: string;
}

type Piece = Omit<PartText, 'part'> | RequestedCall;

export const text = (said: string): Piece => ({ kind: 'text', text: said });
export const reasoning = (thought: string, by = 'test'): Piece => ({
  kind: 'reasoning',
  text: thought,
  provider: { name: by, data: thought },
});
export const call = (tool: string, script: CallScript = {}): RequestedCall => {
  const {
    may = 'allow',
    does = 'ok',
    idempotent = false,
    parallel = false,
    spawns,
    wants,
    invalid,
    path = '',
  } = script;
  const args = { may, does, path };
  return {
    tool,
    args,
    idempotent,
    parallel,
    ...(spawns === undefined ? {} : { spawns }),
    ...(wants === undefined ? {} : { wants }),
    ...(invalid === undefined ? {} : { invalid }),
  };
};

/** Of a call that may run beside others, and again. */
export const QUICK = { idempotent: true, parallel: true };

/** Of a call that starts a child. */
export const SPAWN = { spawns: true, parallel: true };

/** What one request comes to: an answer, why it ended, a failure, or silence after some text. */
export type Answer =
  | readonly Piece[]
  | { readonly pieces: readonly Piece[]; readonly reason: FinishReason & ('length' | 'filter' | 'calls') }
  | { readonly failed: ErrorInfo; readonly shown?: string; readonly retryInMs?: number }
  | { readonly silentAfter: string };

export const BUSY: ErrorInfo = { code: 'overloaded', message: 'busy' };
const USAGE = { input: 10, output: 1 };
const OUTCOMES = {
  ok: 'completed',
  error: 'failed',
  unknown: 'interrupted',
  cancelled: 'cancelled',
} as const;

/** Plays the answers in their order, then says `end`. */
export function scripted(answers: readonly Answer[]): World {
  let asked = 0;
  return (work, self) => {
    if (work.kind === 'ask')
      return work.stop ? stopped(work, answers[asked - 1]) : ask(work, answers[asked++]);
    if (work.kind === 'compact') return summed(self, work.compaction);
    const args = new Conversation().addAll(self.journal).call(work.call)?.args ?? {};
    if (work.kind === 'judge') return { type: 'call/judged', call: work.call, judgement: verdict(args) };
    return run(work, args);
  };
}

type Ask = Extract<Effect, { kind: 'ask' }>;

/** What comes of a compaction whose model says `summary`; `room` is what the conversation may have. */
export function summed(
  self: Interpreter,
  compaction: string,
  { summary = 'sum', room = Infinity }: { readonly summary?: string; readonly room?: number } = {},
): EffectCommand {
  const plan = planCompaction(new Conversation().addAll(self.journal), room);
  const taken = 'reason' in plan ? plan : takeSummary(summary, plan);
  if ('reason' in plan || 'reason' in taken)
    return { type: 'compaction/failed', compaction, ...(taken as Futile), usage: USAGE };
  const { before, kept } = plan.tokens;
  const tokens = { before, after: kept + taken.tokens, summary: taken.tokens };
  return { type: 'compaction/answered', compaction, before: plan.before, summary, tokens, usage: USAGE };
}

function ask({ step, attempt }: Ask, answer: Answer = [text('end')]): EffectCommand | undefined {
  if ('silentAfter' in answer) return undefined;
  const place = { step, attempt };
  if ('failed' in answer) {
    const { failed, shown, retryInMs } = answer;
    const parts = partsOf(place, shown === undefined ? [] : [text(shown)]);
    const retry = retryInMs === undefined ? {} : { retryInMs };
    return { type: 'step/failed', ...place, parts, error: failed, ...retry };
  }
  const { pieces, reason } = 'pieces' in answer ? answer : { pieces: answer, reason: undefined };
  const calls = judged(pieces.filter((piece) => 'tool' in piece));
  const ended = reason ?? (calls.length > 0 ? 'calls' : 'stop');
  return {
    type: 'step/answered',
    ...place,
    parts: partsOf(place, pieces),
    calls,
    reason: ended,
    usage: USAGE,
  };
}

function partsOf(place: { step: string; attempt: number }, pieces: readonly Piece[]): PartText[] {
  const prefix = `prt_${place.step}.${String(place.attempt)}`;
  return pieces.flatMap((piece, index) =>
    'tool' in piece ? [] : [{ ...piece, part: `${prefix}.${String(index)}` }],
  );
}

/** A verdict comes with the answer for the first call, and for every call of a parallel batch. */
function judged(calls: readonly RequestedCall[]): RequestedCall[] {
  const parallel = calls.every((requested) => requested.parallel);
  return calls.map((requested, index) =>
    index === 0 || parallel ? { ...requested, judgement: verdict(requested.args) } : requested,
  );
}

function verdict({ may, path }: JsonObject): Judgement {
  const kind = may === 'deny' || may === 'ask' ? may : 'allow';
  const grantPath = typeof path === 'string' && path !== '' ? { grantPath: path } : {};
  return { kind, why: 'a rule says so', summary: 'does something', ...grantPath };
}

function stopped({ step, attempt }: Ask, answer: Answer | undefined): EffectCommand {
  const shown = answer !== undefined && 'silentAfter' in answer ? answer.silentAfter : '';
  const place = { step, attempt };
  const error: ErrorInfo = { code: 'cancelled', message: 'stopped' };
  return { type: 'step/failed', ...place, parts: partsOf(place, [text(shown)]), error };
}

function run(
  work: Extract<Effect, { kind: 'run' | 'child' }>,
  { does }: JsonObject,
): EffectCommand | undefined {
  if (!work.stop && (does === 'hang' || does === 'lost')) return undefined;
  const status = does === 'error' ? 'error' : does === 'lost' ? 'unknown' : work.stop ? 'cancelled' : 'ok';
  const result = { call: work.call, status, output: { text: status, bytes: status.length } } as const;
  if (work.kind === 'run') return { type: 'call/finished', ...result };
  return { type: 'child/finished', ...result, outcome: OUTCOMES[status], usage: USAGE };
}

let commands = 0;
type Bodies = { [C in Command['type']]: Omit<Extract<Command, { type: C }>, 'id'> }[Command['type']];

/** A client's command with an id of its own. */
export function asCommand(body: Bodies, id = `cmd_${String(++commands)}`): Command {
  return { ...body, id };
}

export const BY = { kind: 'user' } as const;
export const send = (said: string, more: Partial<Extract<Command, { type: 'input/send' }>> = {}): Command =>
  asCommand(
    { type: 'input/send', text: said, source: BY, delivery: 'queue', ...more },
    more.id ?? `cmd_${said}`,
  );
export const cancel = (reason?: string): Command =>
  asCommand({ type: 'turn/cancel', by: BY, ...(reason === undefined ? {} : { reason }) });
export const goOn = (): Command => asCommand({ type: 'turn/continue', by: BY });
export const resolve = (
  decision: 'allow' | 'deny',
  more: Partial<Extract<Command, { type: 'approval/resolve' }>> = {},
): Command => asCommand({ type: 'approval/resolve', decision, scope: 'once', by: BY, ...more });

/** A session that has been created, on a scripted world. */
export function start(
  world: World | readonly Answer[],
  { limits, ...profile }: ProfileLike = {},
): Interpreter {
  const self = new Interpreter(typeof world === 'function' ? world : scripted(world), FRAME);
  const whole = { ...PROFILE, ...profile, limits: { ...PROFILE.limits, ...limits } };
  self.submit({ type: 'session/create', owner: 'local', name: 'one', folder: '/work', profile: whole });
  return self;
}

/** How the journal of every script begins. */
export const HI = 'delivered:hi step';

export interface Script {
  readonly name: string;
  readonly profile?: ProfileLike;
  readonly answers: readonly Answer[];
  /** After `hi` was sent and everything settled. */
  readonly drive?: (self: Interpreter) => unknown;
  readonly journal: string;
}

export function play({ profile, answers, drive }: Omit<Script, 'journal' | 'name'>): Interpreter {
  const self = start(answers, profile);
  self.submit(send('hi'));
  self.settle();
  drive?.(self);
  return self.settle();
}

/** The script's journal cut behind each of its events, taken up by another incarnation. */
export function fromEveryCut(script: Script): Interpreter[] {
  const { journal } = play(script);
  return journal.map((_event, index) => {
    const again = start([], script.profile);
    again.journal.splice(0, Infinity, ...journal);
    return again.restart(index + 1).settle();
  });
}

/** A turn is open, nothing is at work and nobody is asked. */
export function isStuck(state: SessionState): boolean {
  return state.turn !== undefined && state.failed === undefined && effects(state).length === 0;
}

/** What a model was sent, request by request, as roles and texts. */
export function requests({ answers, profile, drive }: Omit<Script, 'journal' | 'name'>): string[] {
  const sent: string[] = [];
  const world = scripted(answers);
  const listening: World = (work, self) => {
    if (work.kind === 'ask' && !work.stop) {
      const { turn } = self.state;
      const onlyTurn = turn?.without?.includes('history') === true ? { onlyTurn: turn.id } : {};
      const messages = transcript(new Conversation().addAll(self.journal), { provider: 'test', ...onlyTurn });
      sent.push(messages.map(({ role, parts }) => `${role}: ${parts.map(said).join(', ')}`).join(' | '));
    }
    return world(work, self);
  };
  const self = start(listening, profile);
  self.submit(send('hi'));
  self.settle();
  drive?.(self);
  self.settle();
  return sent;
}

type Part = ReturnType<typeof transcript>[number]['parts'][number];

function said(part: Part): string {
  if (part.type === 'call') return `call of ${part.tool}`;
  return part.type === 'file' ? 'a file' : part.text;
}

/** The journal in words, for tables of expectations. */
export function trace(journal: readonly SessionEvent[]): string {
  const tools = new Map<string, string>();
  const words = journal.map((event) => {
    if (event.type === 'tool.requested') tools.set(event.call ?? '', event.data.tool);
    return word(event, tools.get(event.call ?? '') ?? '');
  });
  return words.filter((said) => said !== '').join(' ');
}

function word(event: SessionEvent, tool: string): string {
  const { type, data } = event;
  switch (type) {
    case 'input.delivered':
    case 'input.withdrawn':
      return `${type.slice('input.'.length)}:${data.command.slice('cmd_'.length)}`;
    case 'input.held':
      return `held:${String(data.commands.length)}`;
    case 'turn.finished':
      return `turn:${data.outcome}`;
    case 'turn.cancel-requested':
      return 'cancel';
    case 'step.started':
      return 'step';
    case 'step.retried':
      return 'retry';
    case 'step.finished':
      return `answer:${data.reason}`;
    case 'text.ended':
    case 'reasoning.ended':
      return `${type === 'text.ended' ? 'text' : 'reasoning'}${data.interrupted === true ? '!' : ''}:${data.text}`;
    case 'tool.started':
      return `${tool}:started`;
    case 'child.started':
    case 'child.finished':
      return `${tool}:${type}`;
    case 'child.changed':
      return `${tool}:child.${data.waiting ? 'waits' : 'works'}`;
    case 'tool.finished':
      return `${tool}:${data.status}`;
    case 'approval.requested':
      return `${tool}:asked`;
    case 'approval.resolved':
      return `${tool}:${data.decision}`;
    case 'approval.expired':
      return `${tool}:expired`;
    case 'input.accepted':
    case 'turn.started':
    case 'tool.requested':
    case 'session.created':
      return '';
    default:
      return type;
  }
}
