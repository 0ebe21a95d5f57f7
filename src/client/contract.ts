// What a client promises over any link, as tests that every link passes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { codeOf, type ListFrom, type SessionSummary, type ViewItem } from '../protocol/index.ts';
import { openTestHost, scriptedModel, testTool, type TestHost } from '../testing/index.ts';
import type { Client } from './index.ts';

export interface OpenedClient {
  readonly client: Client;
  /** Closes the client and what carries it; the host is closed after. */
  dispose(): Promise<void>;
}

/** Items until one is as wanted, that one too. */
export async function until(
  items: AsyncIterable<ViewItem>,
  wanted: (item: ViewItem) => boolean,
): Promise<ViewItem[]> {
  const seen: ViewItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (wanted(item)) break;
  }
  return seen;
}

/** Of a refusal, `code: message`. */
export const told = (error: unknown): string => `${codeOf(error)}: ${String(error)}`;

const types = (items: readonly ViewItem[]): string[] => items.map(({ type }) => type);
const seqs = (items: readonly ViewItem[]): number[] =>
  items.filter(({ type }) => type !== 'delta').map(({ seq }) => seq);
const is =
  (type: string) =>
  (item: ViewItem): boolean =>
    item.type === type;
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Says `Hello`, held in its middle after `hold`, for which a test has the gate; asks for a tool after `write`. */
function model(gate: Promise<unknown>) {
  return scriptedModel({
    answers: ({ messages }) => {
      const last = JSON.stringify(messages.at(-1));
      if (last.includes('hold')) return [{ text: ['Hel', { wait: gate }, 'lo'] }];
      if (messages.at(-1)?.role === 'user' && last.includes('spawn'))
        return [{ call: 'spawn', args: { prompt: 'a task' } }];
      if (last.includes('write')) return [{ call: 'write', args: {} }];
      return [{ text: ['Hel', 'lo'] }];
    },
  });
}

export function clientContract(name: string, open: (test: TestHost) => Promise<OpenedClient>): void {
  describe(`client contract: ${name}`, () => {
    let gate = deferred<void>();
    let test: TestHost;
    let opened: OpenedClient;
    let client: Client;

    beforeEach(async () => {
      gate = deferred<void>();
      const tool = testTool({ name: 'write', access: 'write', run: () => 'ok' });
      const spawn = { ...testTool({ name: 'spawn' }), kind: 'spawn' as const };
      test = await openTestHost({
        model: model(gate.promise),
        tools: [tool, spawn],
        profile: { mode: 'ask' },
      });
      opened = await open(test);
      client = opened.client;
    });

    afterEach(async () => {
      gate.resolve();
      await opened.dispose();
      await test[Symbol.asyncDispose]();
    });

    const create = () => client.create({ folder: test.folder });

    describe('sessions', () => {
      it('are created, listed and read', async () => {
        const session = await client.create({ folder: test.folder, name: 'desk', title: undefined });
        expect(await session.summary()).toMatchObject({ session: session.id, name: 'desk', status: 'idle' });
        const { sessions } = await client.list({ text: 'desk' });
        expect(sessions.map((row) => row.session)).toEqual([session.id]);
        expect(await client.children(session.id)).toEqual([]);
        expect(await client.inspect()).toMatchObject({ live: 1 });
      });

      it('are the same one for the same key', async () => {
        const ask = () => client.create({ folder: test.folder, key: 'k' });
        const [one, two] = await Promise.all([ask(), ask()]);
        expect(two.id).toBe(one.id);
      });

      it('can be erased, which ends what follows them', async () => {
        const session = await create();
        const items = session.follow();
        await items.next();
        const rest = until(items, () => false);
        await client.erase(session.id);
        expect(await rest).toEqual([]);
        expect(await session.summary().catch(codeOf)).toBe('not_found');
      });
    });

    describe('an input', () => {
      it('is durable when its send resolves, and settles', async () => {
        const session = await create();
        const { turn } = await session.send('hi');
        expect(await session.settled()).toMatchObject({ status: 'idle', turns: 1 });
        const events = await session.events({ after: 0, limit: 100 });
        expect(events.find(is('text.ended'))).toMatchObject({ turn, data: { text: 'Hello' } });
        expect(events.map(({ seq }) => seq)).toEqual(range(1, events.length));
      });

      it('is run to the end of its turn, with the text as it streams', async () => {
        const session = await create();
        const items = await until(session.run('hi'), () => false);
        expect(types(items)[0]).toBe('input.accepted');
        expect(types(items).at(-1)).toBe('turn.finished');
        const streamed = items.map((item) => (item.type === 'delta' ? item.text : '')).join('');
        expect('Hello'.startsWith(streamed)).toBe(true);
        expect(seqs(items)).toEqual(range(2, 1 + seqs(items).length));
      });

      it('is carried out once, however often it is sent', async () => {
        const session = await create();
        const first = await session.send('hi', { id: 'cmd_1' });
        expect(await session.send('hi', { id: 'cmd_1' })).toEqual(first);
        expect(await session.send('other', { id: 'cmd_1' }).catch(codeOf)).toBe('conflict');
        const again = await until(session.run('hi', { id: 'cmd_1' }), () => false);
        expect([types(again)[0], types(again).at(-1)]).toEqual(['input.accepted', 'turn.finished']);
        expect((await session.settled()).turns).toBe(1);
      });

      it('is awaited, read, or both, and sent once', async () => {
        const session = await create();
        const sent = session.send('hi');
        const { seq } = await sent;
        const items = await until(sent, () => false);
        expect([types(items)[0], types(items).at(-1)]).toEqual(['input.accepted', 'turn.finished']);
        expect(items[0]?.seq).toBeLessThanOrEqual(seq);
        expect(types(await until(session.send('again'), () => false)).at(-1)).toBe('turn.finished');
        expect((await session.settled()).turns).toBe(2);
      });

      it('may be without tools, and its context without a turn', async () => {
        const session = await create();
        await session.addContext('a note', 'note');
        await until(session.run('hi', { without: ['tools'] }), () => false);
        expect(test.model.requests.at(-1)?.tools).toEqual([]);
      });
    });

    describe('a human', () => {
      it('is waited for, and approves', async () => {
        const session = await create();
        const items = await until(session.run('write'), () => false);
        expect(types(items)).toContain('approval.requested');
        expect(types(items)).not.toContain('turn.finished');
        expect(await session.settled()).toMatchObject({ status: 'waiting' });
        const [item] = await client.inbox();
        expect(item).toMatchObject({ session: session.id, tool: 'write' });
        const finished = until(session.follow(), is('tool.finished'));
        expect(await session.approve(item?.call)).toMatchObject({ call: item?.call });
        expect((await finished).at(-1)).toMatchObject({ data: { status: 'ok' } });
        expect(await session.approve(item?.call).catch(codeOf)).toBe('conflict');
      });

      it('denies', async () => {
        const session = await create();
        await until(session.run('write'), () => false);
        const finished = until(session.follow(), is('tool.finished'));
        await session.deny(undefined, 'not now');
        expect((await finished).at(-1)).toMatchObject({ data: { status: 'denied' } });
      });

      it('ends a run that joins a turn which waits already', async () => {
        const session = await create();
        await until(session.run('write'), () => false);
        const items = await until(session.run('more'), () => false);
        expect(types(items)).toEqual(['input.accepted']);
      });

      it('cancels the turn that was meant, and no other', async () => {
        const session = await create();
        const { turn } = await session.send('hold');
        expect(await session.cancel('no', 'trn_other').catch(codeOf)).toBe('conflict');
        await session.cancel('enough', turn);
        expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
        expect(await session.cancel().catch(codeOf)).toBe('conflict');
      });
    });

    describe('following', () => {
      it('joins what was, what streams and what comes', async () => {
        const session = await create();
        await session.send('hold');
        await until(session.follow(), is('delta'));
        const followed = until(session.follow(), is('turn.finished'));
        const late = until(session.follow(), is('delta'));
        expect((await late).at(-1)).toMatchObject({ type: 'delta', offset: 0, text: 'Hel' });
        gate.resolve();
        const items = await followed;
        expect(seqs(items)).toEqual(range(1, items.at(-1)?.seq ?? 0));
      });

      it('goes on from a place, inside a part as well', async () => {
        const session = await create();
        await session.send('hold');
        const [delta] = (await until(session.follow(), is('delta'))).slice(-1);
        const place = delta?.type === 'delta' ? { after: delta.seq, parts: { [delta.part]: 3 } } : {};
        const rest = until(session.follow(place), is('turn.finished'));
        gate.resolve();
        const items = await rest;
        expect(items.filter((item) => item.type === 'delta').every(({ offset }) => offset >= 3)).toBe(true);
        expect(seqs(items)[0]).toBe((delta?.seq ?? 0) + 1);
      });

      it('goes on from a cursor, and refuses one of another journal', async () => {
        const [session, other] = [await create(), await create()];
        await session.addContext('a');
        await other.addContext('b');
        const cursor = await session.cursor();
        await session.addContext('c');
        const [next] = await until(session.follow({ cursor }), () => true);
        expect(next).toMatchObject({ seq: cursor.seq + 1, type: 'context.added' });
        const refused = until(other.follow({ cursor }), () => true);
        expect(await refused.catch(codeOf)).toBe('cursor_invalid');
        expect(await until(session.follow({ after: 99 }), () => true).catch(codeOf)).toBe('cursor_invalid');
      });

      it('ends when its signal aborts, also while it waits', async () => {
        const session = await create();
        const stop = new AbortController();
        const items = session.follow({ after: 1, signal: stop.signal });
        const next = items.next();
        stop.abort();
        expect((await next).done).toBe(true);
        expect(await until(session.follow({ signal: stop.signal }), () => false)).toEqual([]);
      });

      it('is not there for a session that is not there', async () => {
        const nobody = client.session('ses_nobody');
        expect(await until(nobody.follow(), () => true).catch(codeOf)).toBe('not_found');
      });
    });

    describe('following more than one', () => {
      it('shows a session and what it spawns, each from its place', async () => {
        const session = await create();
        let ended = 0;
        const all = until(session.followSubtree(), ({ type }) => type === 'turn.finished' && ++ended === 2);
        await session.send('spawn');
        const items = await all;
        const [child] = await client.children(session.id);
        const inChild = items.filter((item) => item.session === child?.session);
        expect(seqs(inChild)).toEqual(range(1, inChild.at(-1)?.seq ?? 0));
        expect(types(inChild)).toContain('turn.finished');
        const own = items.filter((item) => item.session === session.id);
        expect(seqs(own)).toEqual(range(1, own.at(-1)?.seq ?? 0));
        const named = items.findIndex(is('child.started'));
        expect(items.findIndex((item) => item.session === child?.session)).toBeGreaterThan(named);
        const places = {
          [session.id]: { after: own.at(-1)?.seq ?? 0 },
          [child?.session ?? '']: { after: 2 },
        };
        const [next] = await until(session.followSubtree({ places }), () => true);
        expect(next).toMatchObject({ session: child?.session, seq: 3 });
      });

      it('shows the list, and its last state whatever was missed', async () => {
        const [one, two] = [await create(), await create()];
        const rows = new Map<string, SessionSummary>();
        const read = async (from: ListFrom, isEnd: () => boolean): Promise<ListFrom> => {
          for await (const item of client.followList(from)) {
            if (item.type === 'whole') rows.clear();
            if (item.type === 'row') rows.set(item.row.session, item.row);
            if (item.type === 'removed') rows.delete(item.session);
            if (item.type === 'current' && isEnd()) return { place: item.place };
          }
          throw new Error('the list ended');
        };
        const place = await read({}, () => true);
        expect(rows.size).toBe(2);
        await one.send('hi');
        await one.settled();
        await client.erase(two.id);
        await read(place, () => rows.get(one.id)?.turns === 1 && !rows.has(two.id));
        expect([...rows.values()]).toEqual([await one.summary()]);
      });
    });

    describe('a consumer', () => {
      it('is given every event until it has acknowledged it', async () => {
        const consumer = client.consumer('mirror');
        await consumer.create({ filter: { types: ['turn.finished'] } });
        const sessions = [await create(), await create()];
        for (const session of sessions) {
          await session.send('hi');
          await session.settled();
        }
        const first = await consumer.read({ limit: 1 });
        expect(first.events.map(({ event }) => event.session)).toEqual([sessions[0]?.id]);
        expect(await consumer.read({ limit: 1 })).toEqual(first);
        await consumer.ack(first.place);
        const seen: string[] = [];
        const stop = new AbortController();
        await consumer.each(
          ({ session, type }) => {
            seen.push(`${session} ${type}`);
            stop.abort();
          },
          { signal: stop.signal },
        );
        expect(seen).toEqual([`${String(sessions[1]?.id)} turn.finished`]);
        const again = await consumer.create({ filter: { types: ['turn.finished'] }, from: 'start' });
        expect(again.place).toBeGreaterThan(first.place);
        expect(await consumer.create({ filter: {} }).catch(codeOf)).toBe('already_exists');
        expect(await consumer.ack(again.head + 1).catch(codeOf)).toBe('invalid_params');
        expect(await consumer.delete()).toBe(true);
        expect(await consumer.read().catch(codeOf)).toBe('not_found');
      });
    });

    describe('calls', () => {
      it('are refused with the code of the host', async () => {
        const session = await create();
        const refusals = [
          client.session('ses_nobody').send('hi'),
          session.approve(),
          client.create({ folder: test.folder, profile: 'none' }),
        ];
        const codes = await Promise.all(refusals.map((refusal) => refusal.then(() => 'taken', codeOf)));
        expect(codes[0]).toBe('not_found');
        expect(codes[1]).toBe('conflict');
        expect(codes.slice(2)).not.toContain('taken');
      });

      it('run beside each other, each with its own answer', async () => {
        const session = await create();
        await session.send('hold');
        const seqs = Array.from({ length: 200 }, (_, n) => n % 3);
        const cursors = await Promise.all(seqs.map((seq) => session.cursor(seq)));
        expect(cursors.map(({ seq }) => seq)).toEqual(seqs);
      });

      it('are not waited for by a signal that aborted', async () => {
        const signal = AbortSignal.abort(new Error('left'));
        await expect(client.link.call('inbox/list', {}, { signal })).rejects.toThrow('left');
      });

      it('are refused by a client that is closed, which ends what it follows and leaves the session alone', async () => {
        const session = await create();
        await session.send('hold');
        const followed = until(session.follow({ after: 1 }), () => false);
        await until(session.follow(), is('delta'));
        await client.close();
        expect(types(await followed)).not.toContain('turn.finished');
        expect(await session.send('more').catch(codeOf)).toBe('cancelled');
        gate.resolve();
        const row = await (await test.host.session(session.id)).settled();
        expect(row).toMatchObject({ status: 'idle', turns: 1 });
      });
    });
  });
}
