// Any interleaving of operations gives the same answers in memory and in SQLite. Owners keep the runs apart in one home.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toErrorInfo } from '../protocol/index.ts';
import { chunk, note, OWNER, summary, textEnded } from './fixtures.ts';
import { createMemoryStore, openSqliteStore } from './index.ts';
import type { AppendGroup, Store } from './port.ts';
import { removeTemporaryFolders, temporaryFolder } from './sqlite/fixtures.ts';

const small = (max: number) => fc.nat({ max });
const session = small(3);
const text = fc.constantFrom('', 'a', 'Ü🙂', '\ud800', 'x'.repeat(3000));

const append = fc.record({
  op: fc.constant('append' as const),
  session,
  /** How far from the right place. */
  skew: fc.constantFrom(0, 0, 0, 0, 1, -1),
  fence: fc.constantFrom(0, 0, 0, 1, -1),
  notes: fc.array(text, { maxLength: 3 }),
  ended: fc.option(small(2), { nil: undefined }),
  tail: fc.array(fc.record({ part: small(2), skew: fc.constantFrom(0, 0, 0, 1), text }), { maxLength: 2 }),
  command: fc.option(fc.record({ id: small(3), body: small(1) }), { nil: undefined }),
  name: small(4),
  repeat: fc.boolean(),
  snapshot: fc.boolean(),
  updatedAt: small(5),
});

const operation = fc.oneof(
  { weight: 8, arbitrary: append },
  fc.record({ op: fc.constant('claim' as const), session }),
  fc.record({ op: fc.constant('release' as const), session, fence: small(4) }),
  fc.record({ op: fc.constant('erase' as const), session }),
  fc.record({ op: fc.constant('putSummary' as const), session, name: small(4) }),
  fc.record({ op: fc.constant('read' as const), session, after: small(9), limit: small(4) }),
  fc.record({ op: fc.constant('before' as const), session, before: small(9), limit: small(4) }),
  fc.record({ op: fc.constant('tail' as const), session }),
  fc.record({
    op: fc.constant('list' as const),
    text: fc.option(small(4), { nil: undefined }),
    limit: small(5),
  }),
  fc.record({ op: fc.constant('look' as const), session, command: small(3) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

let sqlite: Store;
let home: string;
let runs = 0;

beforeAll(async () => {
  home = temporaryFolder();
  sqlite = await openSqliteStore({ home });
});
afterAll(async () => {
  await sqlite[Symbol.asyncDispose]();
  removeTemporaryFolders();
});

/** What a caller knows: enough to make groups that are mostly right. */
class Caller {
  readonly owner = `${OWNER}-${++runs}`;
  readonly #seqs = new Map<string, number>();
  readonly #fences = new Map<string, number>();
  readonly #lengths = new Map<string, number>();
  #appends = 0;
  #last: AppendGroup | undefined;

  id(index: number): string {
    return `ses_${runs}_${index}`;
  }

  group(op: Extract<Operation, { op: 'append' }>): AppendGroup {
    if (op.repeat && this.#last !== undefined) return this.#last;
    const id = this.id(op.session);
    const expectedSeq = Math.max(0, (this.#seqs.get(id) ?? 0) + op.skew);
    const events = op.notes.map((note_, index) => note(id, expectedSeq + 1 + index, note_));
    if (op.ended !== undefined)
      events.push(textEnded(id, expectedSeq + events.length + 1, { part: `prt_${op.ended}`, text: 'whole' }));
    const { owner } = this;
    const seq = expectedSeq + events.length;
    return (this.#last = {
      session: id,
      fence: (this.#fences.get(id) ?? 1) + op.fence,
      expectedSeq,
      appendId: `app_${runs}_${++this.#appends}`,
      events,
      tail: op.tail.map(({ part, skew, text: piece }) => {
        const offset = (this.#lengths.get(`${id} ${part}`) ?? 0) + skew;
        return chunk(`prt_${part}`, offset, piece);
      }),
      ...(events.length === 0
        ? {}
        : { summary: summary(id, { owner, name: `name-${op.name}`, updatedAt: op.updatedAt, seq }) }),
      ...(op.command && {
        command: {
          identity: owner,
          id: `cmd_${op.command.id}`,
          bodyHash: `${op.command.body}`,
          reply: { seq },
        },
      }),
      ...(op.snapshot && seq > 0 ? { snapshot: { session: id, seq, version: 1, state: { seq } } } : {}),
    });
  }

  learn(one: AppendGroup, kind: string, fence?: number): void {
    if (fence !== undefined) this.#fences.set(one.session, fence);
    if (kind !== 'accepted') return;
    this.#seqs.set(one.session, one.expectedSeq + one.events.length);
    for (const { part, offset, text: piece } of one.tail ?? [])
      this.#lengths.set(`${one.session} ${part.slice(4)}`, offset + piece.length);
  }

  claimed(id: string, fence: number): void {
    this.#fences.set(id, fence);
  }
}

function perform(store: Store, op: Exclude<Operation, { op: 'append' }>, caller: Caller): Promise<unknown> {
  const { owner } = caller;
  switch (op.op) {
    case 'claim':
      return store.claim(owner, caller.id(op.session));
    case 'release':
      return store.release(caller.id(op.session), op.fence);
    case 'erase':
      return store.erase(owner, caller.id(op.session));
    case 'putSummary':
      return store.putSummary(summary(caller.id(op.session), { owner, name: `name-${op.name}` }));
    case 'read':
      return store.read(owner, caller.id(op.session), op);
    case 'before':
      return store.read(owner, caller.id(op.session), op);
    case 'tail':
      return store.tail(owner, caller.id(op.session));
    case 'list':
      return store.list({
        owner,
        limit: op.limit,
        ...(op.text === undefined ? {} : { text: `ME-${op.text}` }),
      });
    case 'look':
      return Promise.all([
        store.summary(owner, caller.id(op.session)),
        store.command(owner, `cmd_${op.command}`, '1'),
        store.heads(
          owner,
          [0, 1, 2, 3].map((index) => caller.id(index)),
        ),
        store.check(owner, caller.id(op.session), { seq: 1, hash: '0000000000000000' }),
      ]);
  }
}

const settled = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => toErrorInfo(error));

async function both(memory: Store, call: (store: Store) => Promise<unknown>): Promise<unknown> {
  const [expected, actual] = await Promise.all([settled(call(memory)), settled(call(sqlite))]);
  expect(actual).toEqual(expected);
  return actual;
}

async function run(operations: readonly Operation[]): Promise<void> {
  const memory = createMemoryStore();
  const caller = new Caller();
  for (const op of operations) {
    if (op.op === 'append') {
      const one = caller.group(op);
      const [result] = (await both(memory, (store) => store.append([one]))) as {
        kind: string;
        fence?: number;
      }[];
      caller.learn(one, result?.kind ?? '', result?.fence);
    } else {
      const answer = await both(memory, (store) => perform(store, op, caller));
      if (op.op === 'claim') caller.claimed(caller.id(op.session), (answer as { fence?: number }).fence ?? 1);
    }
  }
  for (const index of [0, 1, 2, 3])
    await both(memory, (store) => store.read(caller.owner, caller.id(index), { limit: 100 }));
}

it('answers alike in memory and in SQLite, whatever is asked in whatever order', async () => {
  await fc.assert(fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), run), {
    numRuns: 60,
  });
  await sqlite[Symbol.asyncDispose]();
  sqlite = await openSqliteStore({ home });
  expect((await sqlite.due({ now: 0, open: true, limit: 9 })).length).toBe(0);
});
