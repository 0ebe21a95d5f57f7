// Commands about the session itself, its inputs and its turn.
import { MAX_INPUT_BYTES, type Command } from '../../protocol/index.ts';
import { lifetimeEnd } from '../effects.ts';
import { RUNTIME } from '../state.ts';
import { reachedError, usedUp } from '../limits.ts';
import { advance, cancel, endLostCalls, startTurn } from './advance.ts';
import { endOfWork } from './budget.ts';
import { expire } from './call.ts';
import { endCompaction } from './compaction.ts';
import type { CreateCommand, EffectCommand } from './command.ts';
import { refuse, type Decider, type Draft } from './draft.ts';

/** Tags of one session: they are part of its state and of every list, which are bounded. */
const MAX_TAGS = 64;

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
type Effect<T extends EffectCommand['type']> = Extract<EffectCommand, { type: T }>;

export const decideCreate: Decider<CreateCommand> = (
  draft,
  { type: _type, title, tags, lineage, ...rest },
) => {
  if (draft.state.seq > 0) return refuse('already_exists', `Session ${draft.state.session} exists.`);
  const optional = {
    ...(tags === undefined ? {} : { tags: { ...tags } }),
    ...lineage,
  };
  draft.add('session.created', { ...rest, driver: 'native', ...optional });
  if (title !== undefined) draft.add('session.renamed', { title });
  return refuseTags(draft);
};

export const decideTag: Decider<Of<'session/tag'>> = (draft, { tags }) => {
  draft.add('session.tagged', { tags });
  return refuseTags(draft);
};

function refuseTags({ state }: Draft): ReturnType<typeof refuse> | undefined {
  const count = Object.keys(state.tags).length;
  if (count <= MAX_TAGS) return undefined;
  return refuse(
    'limit_reached',
    `The session would have ${String(count)} tags, at most ${String(MAX_TAGS)} may be: give one that is not needed an empty value.`,
  );
}

export const decideSend: Decider<Of<'input/send'>> = (draft, command) => {
  const { id, text, attachments, source, delivery, without } = command;
  const { queuedInputs } = draft.state.profile.limits;
  if (text.trim() === '' && (attachments ?? []).length === 0)
    return refuse('invalid_params', 'The input is empty: write what the agent should do.');
  // A UTF-16 unit is at most 3 bytes, so only a long text needs counting.
  if (text.length * 3 > MAX_INPUT_BYTES && utf8Bytes(text) > MAX_INPUT_BYTES) {
    return refuse(
      'invalid_params',
      `The input has ${String(utf8Bytes(text))} bytes, at most ${String(MAX_INPUT_BYTES)} are taken: put it into a file and name that.`,
    );
  }
  if (draft.state.inputs.length >= queuedInputs) {
    return refuse(
      'limit_reached',
      `${String(draft.state.inputs.length)} inputs are queued, at most ${String(queuedInputs)} may be (limits.queuedInputs): wait, or withdraw one.`,
    );
  }
  draft.add('input.accepted', {
    command: id,
    text,
    source,
    delivery,
    ...(attachments === undefined ? {} : { attachments }),
    ...(without === undefined ? {} : { without }),
  });
  if (draft.state.turn === undefined) advance(draft);
  return undefined;
};

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

export const decideWithdraw: Decider<Of<'input/withdraw'>> = (draft, { command }) => {
  if (!draft.state.inputs.some((input) => input.command === command)) {
    return refuse('not_found', `No input ${command} is queued: it was delivered, withdrawn, or never sent.`);
  }
  draft.add('input.withdrawn', { command });
  return undefined;
};

export const decideContext: Decider<Of<'context/add'>> = (draft, { text, role, source }) => {
  if (text.trim() === '')
    return refuse('invalid_params', 'The context is empty: write what the model should know.');
  draft.add('context.added', { text, role, ...(source === undefined ? {} : { source }) });
  return undefined;
};

export const decideCancel: Decider<Of<'turn/cancel'>> = (draft, { by, reason, turn }) => {
  const open = draft.state.turn?.id;
  if (turn !== undefined && turn !== open)
    return refuse('conflict', `Turn ${turn} is not open any more; ${open ?? 'none'} is.`);
  cancel(draft, by, reason);
  return undefined;
};

export const decideContinue: Decider<Of<'turn/continue'>> = (draft) => {
  const { inputs, lastOutcome, messages } = draft.state;
  const unfinished = lastOutcome !== undefined && lastOutcome !== 'completed';
  if (inputs.length === 0 && (messages === 0 || !unfinished)) {
    return refuse(
      'conflict',
      'There is nothing to continue: the last turn completed and no input is queued.',
    );
  }
  const reached = usedUp(draft.state);
  if (reached !== undefined) return { refusal: reachedError(reached) };
  startTurn(draft, inputs.length > 0 ? 'input' : 'continue', inputs[0]?.without);
  return undefined;
};

export const decideTimer: Decider<Effect<'timer/fired'>> = (draft, { key }) => {
  const [kind, id = ''] = key.split(':');
  const turn = draft.state.turn;
  if (kind === 'approval') {
    const error = expire(draft, id);
    return error === undefined ? undefined : { refusal: error };
  }
  if (kind === 'lifetime' && (lifetimeEnd(draft.state) ?? Infinity) <= draft.facts.at) {
    draft.add('session.archived', { by: RUNTIME });
    return undefined;
  }
  if (kind === 'work' && endOfWork(draft)) return undefined;
  const { turnTimeoutMs } = draft.state.profile.limits;
  if (kind === 'deadline' && turn?.id === id && turn.startedAt + turnTimeoutMs <= draft.facts.at) {
    cancel(draft, RUNTIME, `it ran longer than ${String(turnTimeoutMs)} ms (limits.turnTimeoutMs)`);
    return undefined;
  }
  return refuse('conflict', `Nothing waits for timer ${key}.`);
};

/**
 * Closes what an ended incarnation left open, then goes on or pauses as the profile says. Once for each incarnation: it comes again
 * when nobody knew whether it was written.
 */
export const decideRecover: Decider<Effect<'session/recover'>> = (draft, { incarnation, tail }) => {
  if (draft.state.incarnation === incarnation) return undefined;
  draft.add('session.recovered', { incarnation, policy: draft.state.profile.recovery });
  for (const { kind, part, text, step } of tail) {
    draft.add(
      kind === 'text' ? 'text.ended' : 'reasoning.ended',
      { part, text, interrupted: true },
      { step },
    );
  }
  endCompaction(draft, 'interrupted');
  endLostCalls(draft);
  advance(draft);
  return undefined;
};

/** The restart budget is used up. What is open ends here as in a recovery, so that a revival finds nothing that still runs. */
export const decideFail: Decider<Effect<'session/fail'>> = (draft, { error }) => {
  draft.add('session.failed', { error });
  endCompaction(draft, 'interrupted');
  endLostCalls(draft);
  return undefined;
};
