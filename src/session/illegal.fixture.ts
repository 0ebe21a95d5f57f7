// What no session may ever be, or have written, whatever happened to it.
import { eventSchema, SessionSummary, type Message, type SessionEvent } from '../protocol/index.ts';
import { isStuck } from './fixtures.ts';
import {
  Conversation,
  effects,
  findCut,
  statusOf,
  summaryOf,
  transcript,
  transcriptProblems,
  type CallState,
  type SessionState,
} from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';

type Rule<T> = readonly [name: string, holds: (subject: T) => boolean];

const calls = ({ turn }: SessionState): readonly CallState[] => turn?.step?.calls ?? [];
const isUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const STATE: readonly Rule<SessionState>[] = [
  ['an open turn has something to do, or waits', (state) => !isStuck(state)],
  ['an open turn has a step', ({ turn }) => turn === undefined || turn.step !== undefined],
  [
    'calls belong to a whole answer',
    (state) => calls(state).length === 0 || state.turn?.step?.phase === 'calls',
  ],
  [
    'a turn has at most as many steps as it may',
    ({ turn, profile }) => (turn?.steps ?? 0) <= profile.limits.maxSteps,
  ],
  [
    'what is started is of this incarnation',
    (state) =>
      started(state).every((call) => call.child !== undefined || call.incarnation === state.incarnation),
  ],
  [
    'a call that may start has started, unless the session failed',
    (state) =>
      isFree(state) || !calls(state).some(({ status }) => status === 'allowed') || started(state).length > 0,
  ],
  [
    'what spawns and has started has a child, and nothing else has',
    (state) =>
      calls(state).every(
        ({ child, spawns, incarnation }) =>
          (child === undefined) === (spawns !== true || incarnation === undefined),
      ),
  ],
  [
    'calls run one by one, or as many beside each other as may',
    (state) => started(state).length <= widthOf(state),
  ],
  [
    'what runs is what was started',
    (state) =>
      isFree(state) ||
      runs(state).join() ===
        started(state)
          .map(({ id }) => id)
          .join(),
  ],
  [
    'a failed or archived session does nothing, but that a failed one stops its children and comes to the end of its lifetime',
    (state) =>
      !isFree(state) ||
      effects(state).every(
        (effect) =>
          !state.archived &&
          (effect.key === `lifetime:${state.session}` || (effect.kind === 'child' && effect.stop)),
      ),
  ],
  [
    'nothing is asked while the context is compacted, and a compaction is always at work',
    (state) => {
      const kinds = effects(state).map(({ kind }) => kind);
      const compacts = kinds.filter((kind) => kind === 'compact').length;
      const wanted = state.compaction !== undefined && !isFree(state) ? 1 : 0;
      return compacts === wanted && (compacts === 0 || !kinds.includes('ask'));
    },
  ],
  [
    'a cut never goes back but by an undo',
    ({ compacted, cutBefore }) =>
      compacted.every((one, index) => one.cutBefore <= (compacted[index + 1]?.cutBefore ?? cutBefore)),
  ],
  ['effects have keys of their own', (state) => isUnique(effects(state).map(({ key }) => key))],
  ['inputs are bounded', ({ inputs, profile }) => inputs.length <= profile.limits.queuedInputs],
  ['inputs wait once', ({ inputs }) => isUnique(inputs.map(({ command }) => command))],
  ['all inputs are held, or none', ({ inputs }) => new Set(inputs.map(({ held }) => held)).size <= 1],
  [
    'nothing but held inputs waits while nothing runs',
    (state) => state.turn !== undefined || isFree(state) || state.inputs.every(({ held }) => held),
  ],
  ['the summary has its shape', (state) => SessionSummary.safeParse(summaryOf(state)).success],
  ['the summary says the same', (state) => isSummed(state)],
];

function started(state: SessionState): readonly CallState[] {
  return calls(state).filter(({ status }) => status === 'started');
}

function runs(state: SessionState): string[] {
  return effects(state).flatMap((effect) =>
    effect.kind === 'run' || effect.kind === 'child' ? [effect.call] : [],
  );
}

function widthOf(state: SessionState): number {
  return calls(state).every(({ parallel }) => parallel) ? state.profile.limits.parallelTools : 1;
}

/** Of any duty to go on. */
function isFree({ archived, failed }: SessionState): boolean {
  return archived || failed !== undefined;
}

function isSummed(state: SessionState): boolean {
  const { status, queued, held, waiting, open, seq } = summaryOf(state);
  const asked = calls(state).filter((call) => call.status === 'waiting').length;
  return (
    status === statusOf(state) &&
    queued === state.inputs.length &&
    held <= queued &&
    waiting === asked &&
    (status !== 'waiting' || asked > 0 || calls(state).some(({ childWaits }) => childWaits)) &&
    open ===
      (status === 'running' ||
        status === 'waiting' ||
        (state.compaction !== undefined && !isFree(state)) ||
        (status === 'failed' && runs(state).length > 0)) &&
    seq === state.seq
  );
}

const JOURNAL: readonly Rule<readonly SessionEvent[]>[] = [
  [
    'every event has its shape',
    (events) => events.every((event) => eventSchema(event.type).safeParse(event).success),
  ],
  ['ids are given once', (events) => isUnique(events.flatMap(idsOf))],
  ['time does not go back', (events) => events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0))],
  [
    'an incarnation starts a call once',
    (events) =>
      isUnique(
        events.flatMap((event) =>
          event.type === 'tool.started' ? [`${event.call ?? ''} ${String(event.data.incarnation)}`] : [],
        ),
      ),
  ],
  [
    'a child starts with its call, and ends with it',
    (events) =>
      events.every(({ type, seq, call }) => {
        if (type === 'child.changed') return true;
        const next = events[seq];
        const wanted = type === 'child.started' ? 'tool.started' : 'tool.finished';
        return !type.startsWith('child.') || (next?.type === wanted && next.call === call);
      }),
  ],
  [
    'a compaction ends once, and only what was compacted is undone',
    (events) => {
      const open = new Set<string>();
      const made = new Set<string>();
      return events.every(({ type, data }) => {
        if (type === 'compaction.started')
          return !open.has(data.compaction) && open.add(data.compaction) && true;
        if (type === 'context.compacted') return made.add(data.compaction) && open.delete(data.compaction);
        if (type === 'compaction.failed') return open.delete(data.compaction);
        return type !== 'context.uncompacted' || made.delete(data.compaction);
      });
    },
  ],
  [
    'what belongs to a turn says to which',
    (events) =>
      events.every(
        ({ type, turn }) =>
          !/^(turn|step|tool|child|text|reasoning|approval)\./.test(type) || turn !== undefined,
      ),
  ],
];

/** Names that an event gives, each of which must be new. */
function idsOf(event: SessionEvent): string[] {
  const { type, turn = '', step = '', call = '', data } = event;
  if (type === 'turn.started') return [turn];
  if (type === 'step.started') return [step];
  if (type === 'tool.requested') return [call];
  if (type === 'child.started') return [data.child];
  if (type === 'compaction.started') return [data.compaction];
  return type === 'text.ended' || type === 'reasoning.ended' ? [data.part] : [];
}

const broken = <T>(rules: readonly Rule<T>[], subject: T): string[] =>
  rules.filter(([, holds]) => !holds(subject)).map(([name]) => name);

export const illegalState = (state: SessionState): string[] => broken(STATE, state);
export const illegalJournal = (journal: readonly SessionEvent[]): string[] => broken(JOURNAL, journal);

/** Of every request that might be made now: to the model that answered and to another, cut and not. */
export function illegalRequests(self: Interpreter, budget: number): string[] {
  const conversation = new Conversation().addAll(self.journal);
  const turn = self.state.turn;
  if (turn?.step?.phase !== 'asking' && conversation.entries.every(({ kind }) => kind === 'step')) return [];
  const alone = turn?.without?.includes('history') === true ? { onlyTurn: turn.id } : {};
  const problems = (): string[] =>
    ['test', 'other'].flatMap((provider) => {
      const messages = transcript(conversation, { provider, budget, ...alone });
      return [
        ...transcriptProblems(messages),
        ...foreign(messages, provider),
        ...unfinished(messages, self.journal),
      ];
    });
  const before = problems();
  const found = findCut(conversation, budget);
  if (found === undefined) return before;
  conversation.cutBefore = found.before;
  return [...before, ...problems()];
}

function foreign(messages: readonly Message[], provider: string): string[] {
  const parts = messages.flatMap((message) => (message.role === 'assistant' ? message.parts : []));
  const isForeign = (part: (typeof parts)[number]): boolean =>
    (part.provider?.name ?? provider) !== provider ||
    (part.type === 'reasoning' && part.provider === undefined);
  return parts.filter(isForeign).map(({ type }) => `${type} of another provider than ${provider}`);
}

/** Calls of steps that did not finish. */
function unfinished(messages: readonly Message[], journal: readonly SessionEvent[]): string[] {
  const finished = new Set(journal.flatMap(({ type, step }) => (type === 'step.finished' ? [step] : [])));
  const stepOf = new Map(
    journal.map(({ type, call, step }) => [type === 'tool.requested' ? call : undefined, step]),
  );
  const calls = messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'call' ? [part.call] : [])),
  );
  return calls.filter((call) => !finished.has(stepOf.get(call))).map((call) => `${call} is of an open step`);
}
