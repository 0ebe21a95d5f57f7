// What the port promises, as tests that every store passes.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId, systemRandom } from '../base/index.ts';
import type { SessionEvent } from '../protocol/index.ts';
import { feedContract } from './feed/contract.ts';
import {
  chunk,
  codeFrom,
  group,
  NARROWED,
  note,
  OWNER,
  PAGES_OF_NINE,
  ROWS,
  summary,
  tailGroup,
  textEnded,
} from './fixtures.ts';
import type { AppendGroup, AppendResult, Head, Store } from './port.ts';

export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens the same home again. */
  reopen(): Promise<Store>;
  /** Closes what is open and removes what was made. */
  dispose(): Promise<void>;
}

export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`store contract: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });

    afterEach(() => opened.dispose());

    async function reopen(): Promise<void> {
      store = await opened.reopen();
    }

    async function append(one: AppendGroup): Promise<AppendResult> {
      const [result] = await store.append([one]);
      if (result === undefined) throw new Error('no answer to a group');
      return result;
    }

    async function accepted(one: AppendGroup): Promise<{ seq: number; hash: string }> {
      const result = await append(one);
      expect(result).toMatchObject({ kind: 'accepted' });
      return result as { kind: 'accepted'; seq: number; hash: string };
    }

    async function kind(one: AppendGroup): Promise<string> {
      return (await append(one)).kind;
    }

    async function journal(session: string): Promise<readonly SessionEvent[]> {
      return (await store.read(OWNER, session, { limit: 10_000 })).events;
    }

    describe('append', () => {
      it('keeps events in order and whole', async () => {
        const events = [note('ses_a', 1, 'ü 🙂 \u0000 \ud800 " \\ \u2028'), note('ses_a', 2, '')];
        expect(await append(group('ses_a', 0, { events }))).toMatchObject({
          kind: 'accepted',
          seq: 2,
        });
        await accepted(group('ses_a', 2, { count: 3 }));
        const kept = await journal('ses_a');
        expect(kept.slice(0, 2)).toEqual(events);
        expect(kept.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
      });

      it('answers conflict where the journal is elsewhere, and writes nothing', async () => {
        await accepted(group('ses_a', 0, { count: 2 }));
        for (const expectedSeq of [0, 1, 3])
          expect(await append(group('ses_a', expectedSeq))).toMatchObject({
            kind: 'conflict',
            seq: 2,
          });
        expect(await append(group('ses_b', 4))).toMatchObject({ kind: 'conflict', seq: 0 });
        expect(await append(tailGroup('ses_b', 0, []))).toMatchObject({ kind: 'conflict', seq: 0 });
        expect(await journal('ses_a')).toHaveLength(2);
      });

      it('rejects groups that no caller may build', async () => {
        const malformed: AppendGroup[] = [
          group('ses_a', 0, { events: [note('ses_a', 2)] }),
          group('ses_a', 0, { events: [note('ses_a', 1), note('ses_a', 3)] }),
          group('ses_a', 0, { events: [note('ses_b', 1)] }),
          { ...tailGroup('ses_a', 0, []), events: [note('ses_a', 1)] },
          group('ses_a', 0, { summary: summary('ses_b') }),
          group('ses_a', 0, { snapshot: { session: 'ses_a', seq: 2, version: 1, state: {} } }),
        ];
        for (const one of malformed)
          expect(await codeFrom(store.append([group('ses_c', 0), one]))).toBe('internal');
        expect(await store.heads(OWNER, ['ses_a', 'ses_c'])).toEqual([]);
      });

      it('fences every holder but the last, and lets no other fence create', async () => {
        expect(await append(group('ses_a', 0, { fence: 2 }))).toEqual({ kind: 'fenced', fence: 1 });
        await accepted(group('ses_a', 0));
        const { fence } = await store.claim(OWNER, 'ses_a');
        expect(fence).toBeGreaterThan(1);
        expect(await append(group('ses_a', 1))).toEqual({ kind: 'fenced', fence });
        await accepted(group('ses_a', 1, { fence }));
        await store.claim(OWNER, 'ses_a');
        expect(await kind(tailGroup('ses_a', 2, [chunk('prt_1', 0, 'x')]))).toBe('fenced');
        expect(await store.tail(OWNER, 'ses_a')).toEqual([]);
      });

      it('answers a repeated append as the first time', async () => {
        const first = group('ses_a', 0, { count: 2 });
        const answer = await append(first);
        expect(await append(first)).toEqual(answer);
        await reopen();
        expect(await append(first)).toEqual(answer);
        expect(await journal('ses_a')).toHaveLength(2);
        await accepted(group('ses_a', 2));
        expect(await append(first)).toMatchObject({ kind: 'conflict', seq: 3 });
      });

      it('answers groups of one call each for itself, in order', async () => {
        await accepted(group('ses_a', 0));
        const results = await store.append([
          group('ses_a', 1),
          group('ses_b', 0, { fence: 9 }),
          group('ses_c', 3),
          group('ses_a', 2, { tail: [chunk('prt_1', 7, 'x')] }),
          group('ses_d', 0, { row: { name: 'ses-a' } }),
          group('ses_a', 2),
        ]);
        const kinds = results.map((result) => result.kind).join(' ');
        expect(kinds).toBe('accepted fenced conflict conflict name_taken accepted');
        expect((await store.list({ owner: OWNER, limit: 9 })).sessions).toHaveLength(1);
        expect(await journal('ses_a')).toHaveLength(3);
      });

      it('lets one of many concurrent writers through', async () => {
        await accepted(group('ses_a', 0));
        const results = await Promise.all(Array.from({ length: 50 }, () => append(group('ses_a', 1))));
        expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
        expect(await journal('ses_a')).toHaveLength(2);
      });

      it('keeps names unique for an owner in a folder, on create and on rename', async () => {
        await accepted(group('ses_a', 0, { row: { name: 'one' } }));
        await accepted(group('ses_b', 0, { row: { name: 'one', folder: '/other' } }));
        await accepted(group('ses_c', 0, { row: { name: 'one', owner: 'someone' } }));
        const taken = { kind: 'name_taken', by: 'ses_a' };
        expect(await append(group('ses_d', 0, { row: { name: 'one' } }))).toEqual(taken);
        await accepted(group('ses_d', 0, { row: { name: 'two' } }));
        expect(await append(group('ses_d', 1, { row: { name: 'one' } }))).toEqual(taken);
        await accepted(group('ses_a', 1, { row: { name: 'three' } }));
        await accepted(group('ses_d', 1, { row: { name: 'one' } }));
        expect((await store.summary(OWNER, 'ses_d'))?.name).toBe('one');
      });
    });

    describe('commands', () => {
      const command = { identity: 'local', id: 'cmd_1', bodyHash: 'b1', reply: { session: 'ses_a', seq: 1 } };

      it('gives the stored reply for the same body and tells another from it', async () => {
        await accepted(group('ses_a', 0, { command }));
        const again = { kind: 'repeated', same: true, reply: command.reply };
        expect(await append(group('ses_z', 0, { command, fence: 7 }))).toEqual(again);
        await reopen();
        expect(await append(group('ses_a', 1, { command }))).toEqual(again);
        const other = { ...command, bodyHash: 'b2' };
        expect(await append(group('ses_a', 1, { command: other }))).toEqual({ ...again, same: false });
        await accepted(group('ses_a', 1, { command: { ...command, identity: 'other' } }));
        expect(await store.command('local', 'cmd_1', 'b1')).toEqual({ same: true, reply: command.reply });
        expect(await store.command('local', 'cmd_1', 'b2')).toEqual({ same: false, reply: command.reply });
        expect(await store.command('local', 'cmd_2', 'b1')).toBeUndefined();
      });

      it('stores a command without events, and none with a refusal', async () => {
        expect(await kind(group('ses_a', 0, { command, fence: 2 }))).toBe('fenced');
        expect(await kind(group('ses_a', 0, { command, events: [] }))).toBe('conflict');
        expect(await store.command('local', 'cmd_1', 'b1')).toBeUndefined();
        await accepted(group('ses_a', 0));
        await accepted(group('ses_a', 1, { command, events: [] }));
        expect(await store.command('local', 'cmd_1', 'b1')).toMatchObject({ same: true });
      });

      it('makes one session of 1,000 concurrent equal creates', async () => {
        const creates = Array.from({ length: 1000 }, (_, index) => {
          const session = `ses_${index}`;
          return append(group(session, 0, { command: { ...command, reply: { session } } }));
        });
        const results = await Promise.all(creates);
        const repeated = results.filter((result) => result.kind === 'repeated');
        expect(repeated).toHaveLength(999);
        const [row, ...others] = (await store.list({ owner: OWNER, limit: 10 })).sessions;
        expect(others).toEqual([]);
        for (const { reply } of repeated) expect(reply).toEqual({ session: row?.session });
      });
    });

    describe('tail', () => {
      beforeEach(() => accepted(group('ses_a', 0)));

      it('joins chunks, part by part, and keeps them over a reopen', async () => {
        await accepted(tailGroup('ses_a', 1, [chunk('prt_2', 0, 'Hé🙂'), chunk('prt_2', 4, 'y')]));
        await accepted(
          tailGroup('ses_a', 1, [chunk('prt_1', 0, 'one'), chunk('prt_2', 5, '!'), chunk('prt_3', 0, '')]),
        );
        const tail = [
          { step: 'stp_1', part: 'prt_2', kind: 'text', text: 'Hé🙂y!' },
          { step: 'stp_1', part: 'prt_1', kind: 'text', text: 'one' },
        ];
        expect(await store.tail(OWNER, 'ses_a')).toEqual(tail);
        await reopen();
        expect(await store.tail(OWNER, 'ses_a')).toEqual(tail);
        expect((await store.claim(OWNER, 'ses_a')).tail).toEqual(tail);
        expect((await journal('ses_a')).length).toBe(1);
      });

      it('refuses a gap, an overlap, and what rides with it', async () => {
        await accepted(tailGroup('ses_a', 1, [chunk('prt_1', 0, 'abc')]));
        for (const offset of [0, 2, 4])
          await expect(
            append(group('ses_a', 1, { tail: [chunk('prt_1', offset, 'x')] })),
          ).resolves.toMatchObject({
            kind: 'conflict',
          });
        expect(await journal('ses_a')).toHaveLength(1);
        await accepted(tailGroup('ses_a', 1, [chunk('prt_1', 3, 'd')]));
      });

      it('goes with the event that ends its part, and refuses more', async () => {
        await accepted(tailGroup('ses_a', 1, [chunk('prt_1', 0, 'abc'), chunk('prt_2', 0, 'kept')]));
        const events = [textEnded('ses_a', 2, { part: 'prt_1', text: 'abcd' })];
        await accepted(group('ses_a', 1, { events, tail: [chunk('prt_2', 4, '!')] }));
        const kept = [{ step: 'stp_1', part: 'prt_2', kind: 'text', text: 'kept!' }];
        expect(await store.tail(OWNER, 'ses_a')).toEqual(kept);
        await reopen();
        for (const offset of [0, 3, 4])
          expect(await kind(tailGroup('ses_a', 2, [chunk('prt_1', offset, 'x')]))).toBe('conflict');
        const both = {
          events: [textEnded('ses_a', 3, { part: 'prt_3', text: '' })],
          tail: [chunk('prt_3', 0, 'x')],
        };
        expect(await kind(group('ses_a', 2, both))).toBe('conflict');
        expect(await store.tail(OWNER, 'ses_a')).toEqual(kept);
      });
    });

    describe('read', () => {
      beforeEach(() => accepted(group('ses_a', 0, { count: 9 })));

      it('gives the page that is asked for', async () => {
        const last = { seq: 9, hash: (await store.read(OWNER, 'ses_a', { limit: 9 })).hash };
        for (const [range, seqs] of PAGES_OF_NINE) {
          const { events, head } = await store.read(OWNER, 'ses_a', range);
          expect([range, head, events.map(({ seq }) => seq)]).toEqual([range, last, seqs]);
        }
      });

      it('chains the hashes over what is stored, whatever the session is called', async () => {
        let hash: Uint8Array = Buffer.alloc(32);
        const hashes: string[] = [''];
        for (const { session: _session, ...rest } of await journal('ses_a')) {
          hash = createHash('sha256').update(hash).update(JSON.stringify(rest)).digest();
          hashes.push(Buffer.from(hash).toString('hex').slice(0, 16));
        }
        for (const after of [0, 4, 9])
          expect((await store.read(OWNER, 'ses_a', { after, limit: 0 })).hash).toBe(hashes[after]);
        expect((await store.read(OWNER, 'ses_a', { after: 2, limit: 2 })).hash).toBe(hashes[4]);
        const copy = (await journal('ses_a')).map((event) => ({ ...event, session: 'ses_fork' }));
        expect((await accepted(group('ses_fork', 0, { events: copy }))).hash).toBe(hashes[9]);
      });

      it('checks cursors', async () => {
        const { hash } = await store.read(OWNER, 'ses_a', { limit: 4 });
        const check = (seq: number, of: string) => store.check(OWNER, 'ses_a', { seq, hash: of });
        expect(await check(4, hash)).toEqual({ ok: true });
        expect(await check(0, '')).toEqual({ ok: true });
        expect(await check(5, hash)).toEqual({ ok: false, common: 0 });
        expect(await check(99, hash)).toEqual({ ok: false, common: 0 });
      });

      it('shows nothing to another owner', async () => {
        await accepted(tailGroup('ses_a', 9, [chunk('prt_1', 0, 'x')]));
        const calls = [
          store.read('other', 'ses_a', { limit: 1 }),
          store.tail('other', 'ses_a'),
          store.check('other', 'ses_a', { seq: 0, hash: '' }),
          store.claim('other', 'ses_a'),
          store.erase('other', 'ses_a'),
          store.putSummary(summary('ses_a', { owner: 'other' })),
          store.read(OWNER, 'ses_none', { limit: 1 }),
        ];
        expect(new Set(await Promise.all(calls.map(codeFrom)))).toEqual(new Set(['not_found']));
        expect(await store.heads('other', ['ses_a'])).toEqual([]);
        expect(await store.summary('other', 'ses_a')).toBeUndefined();
        expect(await store.list({ owner: 'other', limit: 9 })).toEqual({ sessions: [], hidden: 0 });
        await accepted(group('ses_a', 9));
      });
    });

    describe('claim and release', () => {
      it('gives the place, the tail and the snapshot', async () => {
        const state = { turn: 1, deep: ['x', null] };
        await accepted(
          group('ses_a', 0, { count: 3, snapshot: { session: 'ses_a', seq: 2, version: 5, state } }),
        );
        const { hash } = await store.read(OWNER, 'ses_a', { limit: 2 });
        const head = await accepted(group('ses_a', 3));
        await reopen();
        expect(await store.claim(OWNER, 'ses_a')).toEqual({
          fence: 2,
          seq: 4,
          hash: head.hash,
          tail: [],
          snapshot: { session: 'ses_a', seq: 2, hash, version: 5, state },
        });
        const newer = { session: 'ses_a', seq: 4, version: 6, state: null };
        await accepted(group('ses_a', 4, { fence: 2, events: [], snapshot: newer }));
        expect((await store.claim(OWNER, 'ses_a')).snapshot).toEqual({ ...newer, hash: head.hash });
      });

      it('raises the fence at each claim, over a reopen too', async () => {
        await accepted(group('ses_a', 0));
        const fences = [(await store.claim(OWNER, 'ses_a')).fence, (await store.claim(OWNER, 'ses_a')).fence];
        await reopen();
        fences.push((await store.claim(OWNER, 'ses_a')).fence);
        expect(fences).toEqual([2, 3, 4]);
      });

      it('fences the holder that released, and ignores a release of an earlier one', async () => {
        await accepted(group('ses_a', 0));
        await store.release('ses_a', 1);
        expect(await kind(group('ses_a', 1))).toBe('fenced');
        const { fence } = await store.claim(OWNER, 'ses_a');
        await store.release('ses_a', fence - 1);
        await store.release('ses_none', 1);
        await accepted(group('ses_a', 1, { fence }));
      });
    });

    describe('lists', () => {
      const names = async (query: Parameters<Store['list']>[0]): Promise<string[]> =>
        (await store.list(query)).sessions.map(({ name }) => name);

      beforeEach(async () => {
        await store.append(ROWS.map((row, index) => group(`ses_${index}`, 0, { row })));
      });

      it('lists newest activity first, then by session', async () => {
        expect(await names({ owner: OWNER, limit: 9 })).toEqual(['beta', 'gamma', 'delta', 'alpha']);
        await accepted(group('ses_0', 1, { row: { name: 'alpha', updatedAt: 40 } }));
        expect(await names({ owner: OWNER, limit: 2 })).toEqual(['alpha', 'beta']);
      });

      it('narrows, and counts what that hides', async () => {
        for (const [narrow, expected] of NARROWED) {
          expect([narrow, await names({ owner: OWNER, limit: 9, ...narrow })]).toEqual([narrow, expected]);
          const { hidden } = await store.list({ owner: OWNER, limit: 1, ...narrow });
          expect([narrow, hidden]).toEqual([narrow, 4 - expected.length]);
        }
      });

      it('counts by status, and nothing of another owner', async () => {
        const counts = Object.values(await store.counts(OWNER));
        expect([counts.reduce((sum, n) => sum + n, 0), counts.length > 1]).toEqual([4, true]);
        expect(await store.counts('nobody')).toEqual({});
      });

      it('goes on where the page before ended', async () => {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.list({
            owner: OWNER,
            limit: 1,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...page.sessions.map(({ name }) => name));
          after = page.next;
        } while (after !== undefined);
        expect(seen).toEqual(['beta', 'gamma', 'delta', 'alpha']);
        expect(await codeFrom(store.list({ owner: OWNER, limit: 1, after: 'nonsense' }))).toBe(
          'invalid_params',
        );
      });

      it('says what is due, soonest first', async () => {
        const due = async (query: Parameters<Store['due']>[0]): Promise<string[]> =>
          (await store.due(query)).map(({ name }) => name);
        expect(await due({ now: 49, limit: 9 })).toEqual([]);
        expect(await due({ now: 100, limit: 9 })).toEqual(['hers', 'delta']);
        expect(await due({ now: 100, limit: 1 })).toEqual(['hers']);
        expect(await due({ now: 100, open: true, limit: 9 })).toEqual(['gamma', 'hers', 'delta', 'beta']);
        expect(await due({ now: 1_000, after: 50, limit: 1 })).toEqual(['delta']);
        expect(await due({ now: 1_000, after: 100, open: true, limit: 9 })).toEqual(['gamma', 'beta']);
        expect(await due({ now: Number.MAX_SAFE_INTEGER, after: 500, limit: 9 })).toEqual([]);
      });

      it('writes a row again, and no name twice', async () => {
        await store.putSummary(summary('ses_3', { name: 'renamed', updatedAt: 90 }));
        await reopen();
        expect(await names({ owner: OWNER, limit: 1 })).toEqual(['renamed']);
        expect(await codeFrom(store.putSummary(summary('ses_3', { name: 'beta' })))).toBe('already_exists');
      });
    });

    describe('blobs and erasing', () => {
      it('keeps bytes by their content', async () => {
        const bytes = new Uint8Array([0, 255, 10, 13, 0]);
        const id = createHash('sha256').update(bytes).digest('hex');
        const ids = await Promise.all([store.putBlob(bytes), store.putBlob(bytes), store.putBlob(bytes)]);
        expect(ids).toEqual([id, id, id]);
        await reopen();
        expect(Uint8Array.from((await store.getBlob(id)) ?? [])).toEqual(bytes);
        expect(await store.getBlob(await store.putBlob(new Uint8Array(0)))).toHaveLength(0);
        for (const none of ['0'.repeat(64), '../carrel.db', '', id.toUpperCase()])
          expect(await store.getBlob(none)).toBeUndefined();
      });

      it('erases a session with all that is only its own, for good', async () => {
        const own = await store.putBlob(Buffer.from('own'));
        const shared = await store.putBlob(Buffer.from('shared'));
        const command = { identity: 'local', id: 'cmd_1', bodyHash: 'b', reply: null };
        const tail = [chunk('prt_1', 0, 'secret')];
        const { hash } = await accepted(
          group('ses_a', 0, { events: [note('ses_a', 1, own), note('ses_a', 2, shared)], command, tail }),
        );
        await accepted(group('ses_b', 0, { events: [note('ses_b', 1, shared)] }));
        const pending = await store.putBlob(Buffer.from('own'));
        expect(await store.erase(OWNER, 'ses_a')).toEqual({ head: hash });
        expect(await store.getBlob(pending)).toBeDefined();
        await accepted(group('ses_c', 0, { events: [note('ses_c', 1, own)] }));
        await store.erase(OWNER, 'ses_c');
        await reopen();
        expect(await store.getBlob(own)).toBeUndefined();
        expect(await store.getBlob(shared)).toBeDefined();
        expect(await codeFrom(store.read(OWNER, 'ses_a', { limit: 1 }))).toBe('not_found');
        expect(await codeFrom(store.erase(OWNER, 'ses_a'))).toBe('not_found');
        expect(await store.command('local', 'cmd_1', 'b')).toBeUndefined();
        expect(await store.summary(OWNER, 'ses_a')).toBeUndefined();
        expect(await append(group('ses_a', 0))).toMatchObject({ kind: 'conflict', seq: 0 });
        await accepted(group('ses_d', 0, { row: { name: 'ses-a' } }));
        expect(await store.tail(OWNER, 'ses_d')).toEqual([]);
      });
    });

    feedContract({ store: () => store, reopen });
    describe('signals and life', () => {
      it('tells every listener what moved, once it can be read', async () => {
        const told: Head[] = [];
        const seen: Promise<readonly Head[]>[] = [];
        const warned = new Promise((resolve) => process.once('warning', resolve));
        using _broken = store.onHeads(() => {
          throw new Error('a listener of this test throws');
        });
        const listener = store.onHeads((heads) => {
          told.push(...heads);
          seen.push(store.heads(OWNER, ['ses_a']));
        });
        await store.append([group('ses_a', 0, { count: 2 }), group('ses_a', 2), group('ses_b', 7)]);
        await accepted(tailGroup('ses_a', 3, [chunk('prt_1', 0, 'x')]));
        listener[Symbol.dispose]();
        await accepted(group('ses_a', 3));
        expect(told).toEqual([{ session: 'ses_a', seq: 3 }]);
        expect(await seen[0]).toEqual(told);
        expect(await warned).toMatchObject({ message: 'a listener of this test throws' });
      });

      it('shares nothing with its callers', async () => {
        const one = group('ses_a', 0);
        await accepted(one);
        for (const { data } of [...one.events, ...(await journal('ses_a'))])
          Object.assign(data, { text: 'changed' });
        expect((await journal('ses_a'))[0]).toEqual(note('ses_a', 1));
      });

      it('keeps all it acknowledged over a reopen, and closes more than once', async () => {
        const sessions = Array.from({ length: 20 }, () => newId('ses', Date.now(), systemRandom));
        const appends = sessions.flatMap((session) => [
          append(group(session, 0, { count: 3 })),
          append(group(session, 3, { count: 2 })),
        ]);
        expect((await Promise.all(appends)).every(({ kind }) => kind === 'accepted')).toBe(true);
        const before = await store.list({ owner: OWNER, limit: 100 });
        const first = store;
        await reopen();
        await first[Symbol.asyncDispose]();
        expect(await store.list({ owner: OWNER, limit: 100 })).toEqual(before);
        expect(await store.heads(OWNER, sessions)).toEqual(sessions.map((session) => ({ session, seq: 5 })));
        expect(store.health()).toEqual({ writable: true });
      });
    });
  });
}
