// The child begins with its prompt: session, input and turn are one append, so that a child that exists has what it is for.
import { newId } from '../../base/index.ts';
import {
  CarrelError,
  fromErrorInfo,
  toErrorInfo,
  type ErrorInfo,
  type Profile,
  type SessionEvent,
} from '../../protocol/index.ts';
import {
  decide,
  emptyState,
  evolve,
  needsPrice,
  summaryOf,
  unpriced,
  type CreateCommand,
  type Effect,
  type SessionState,
} from '../../session/index.ts';
import type { AppendResult } from '../../store/index.ts';
import type { SpawnArgs } from '../../tool/index.ts';
import { childProfile } from './ceiling.ts';
import type { ChildWork } from './others.ts';

export type ChildEffect = Extract<Effect, { kind: 'child' }>;

/** Names that are tried when nobody gave one. */
const NAME_TRIES = 8;
/** Characters of the parent's name that go into its child's: room for what is added. */
const NAME_LENGTH = 48;

/** Creates the child, which begins to work. Gives why there can be none; rejects when the store does. */
export async function createChild(work: ChildWork, effect: ChildEffect): Promise<ErrorInfo | undefined> {
  const { scope, view } = work;
  const piece = (await view.conversation()).call(effect.call);
  const args = (piece?.args ?? {}) as unknown as SpawnArgs;
  const { models, profiles } = await scope.equip(view.state.folder);
  const ceiling = childProfile({ parent: view.state, profiles, args, share: effect.share });
  if (!ceiling.ok) return ceiling.error;
  try {
    const { id, capabilities } = await models.resolve(ceiling.profile.model, {
      keyless: scope.keyring.isKeyless(ceiling.profile),
    });
    if (needsPrice(ceiling.profile) && capabilities.price === undefined) return unpriced(id);
  } catch (error) {
    return toErrorInfo(error);
  }
  for (let attempt = 1; attempt <= NAME_TRIES; attempt++) {
    const name = args.name ?? generatedName(view.state, effect, attempt);
    const result = await tryCreate(work, effect, { name, args, profile: ceiling.profile });
    if (result?.kind !== 'name_taken') return refusalOf(result);
    if (args.name !== undefined)
      return { code: 'already_exists', message: `The name ${name} is taken (${result.by}): choose another.` };
  }
  return { code: 'already_exists', message: `${String(NAME_TRIES)} names are all taken: give one.` };
}

/** Of its parent's name and where the call stands there. */
function generatedName({ name }: SessionState, { seq }: ChildEffect, attempt: number): string {
  const own = `${name.slice(0, NAME_LENGTH)}-${String(seq)}`;
  return attempt === 1 ? own : `${own}-${String(attempt)}`;
}

interface Trial {
  readonly name: string;
  readonly args: SpawnArgs;
  readonly profile: Profile;
}

async function tryCreate(
  { scope, view, others }: ChildWork,
  { child, call, share }: ChildEffect,
  { name, args, profile }: Trial,
): Promise<AppendResult | undefined> {
  const { folder, owner, root = view.id, depth, name: source } = view.state;
  const lineage = { parent: view.id, parentCall: call, root, depth: depth + 1, ...(share && { share }) };
  const create: CreateCommand = { type: 'session/create', owner, name, folder, profile, lineage };
  const facts = { at: scope.clock.now(), incarnation: 1, frame: await scope.frames.for({ profile, folder }) };
  const created = decide(emptyState(child), create, facts);
  if ('refusal' in created) throw fromErrorInfo(created.refusal);
  const by = { kind: 'session', name: source, id: view.id } as const;
  const begun = decide(
    created.state,
    { type: 'input/send', id: promptId(child), text: args.prompt, source: by, delivery: 'queue' },
    facts,
  );
  if ('refusal' in begun) throw fromErrorInfo(begun.refusal);
  const live = others.hasRoom;
  const events = [...created.events, ...(live ? begun.events : unstepped(begun.events))];
  const state = events.reduce(evolve, emptyState(child));
  const [result] = await scope.store.append([
    // Named for this attempt alone: one that comes late, behind a look that has created the child, is refused and adopts nothing.
    {
      session: child,
      fence: 1,
      expectedSeq: 0,
      appendId: newId('apd', facts.at, scope.random),
      events,
      summary: summaryOf(state),
    },
  ]);
  if (result?.kind !== 'accepted') return result;
  if (live) others.adopt(state, 1);
  else void others.wake(child);
  return result;
}

/** The command that brought a child's prompt. */
function promptId(child: string): string {
  return `cmd_${child.slice('ses_'.length)}`;
}

/** Without its first step: nothing was asked yet, so that to be taken up later is no interruption. */
function unstepped(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const start = events.findIndex(({ type }) => type === 'turn.started');
  return start === -1 ? events : events.slice(0, start + 1);
}

/** That it exists is well; that it was erased is not, and it is never made a second time. */
function refusalOf(result: AppendResult | undefined): ErrorInfo | undefined {
  if (result?.kind === 'accepted' || result?.kind === 'fenced') return undefined;
  if (result?.kind === 'conflict' && result.seq > 0) return undefined;
  const why = result?.kind === 'conflict' ? result.why : 'the store gave no answer';
  return toErrorInfo(new CarrelError('not_found', `The child cannot be found: ${why}.`));
}
