// What is below a session is put away and erased with it.
import { expect, it } from 'vitest';
import { CarrelError } from '../protocol/index.ts';
import { createMemoryStore, memoryData, type Store } from '../store/index.ts';
import { blockingTool, type TestHost } from '../testing/index.ts';
import { family, openFamily as open, results, spawn } from './children.fixture.ts';
import { happened, intercepted, journal } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const PLAN = {
  go: [[spawn('two'), spawn('more')]],
  two: [[spawn('three')]],
  dig: [[{ call: 'block', args: {} }]],
};

async function grown(test: TestHost): Promise<SessionHandle> {
  const session = await test.session();
  await session.send('go');
  await session.settled();
  return session;
}

/** The one whose prompt this was. */
async function below(test: TestHost, prompt: string): Promise<SessionHandle> {
  const row = (await family(test)).find(({ title }) => title === prompt);
  return test.host.session(row?.session ?? '');
}

const unavailable = (): CarrelError => new CarrelError('store_unavailable', 'no');

const archive = (session: SessionHandle) =>
  session.command({ type: 'session/archive', id: 'cmd_a', by: { kind: 'user', name: 'ann' } });

it('is listed, one generation at a time', async () => {
  await using test = await open(PLAN);
  const session = await grown(test);
  const children = await test.host.children(session.id);
  expect(children.map(({ title }) => title)).toEqual(['two', 'more']);
  expect(await test.host.children(children[1]?.session ?? '')).toEqual([]);
  await expect(test.host.children('ses_none')).rejects.toMatchObject({ code: 'not_found' });
});

it('is archived with it, by whom it was', async () => {
  await using test = await open(PLAN);
  const session = await grown(test);
  const seq = (await archive(session)).seq;
  expect(new Set((await family(test)).map(({ status }) => status))).toEqual(new Set(['archived']));
  const three = await below(test, 'three');
  expect((await journal(test.store, three.id)).at(-1)).toMatchObject({ data: { by: { name: 'ann' } } });
  expect((await archive(session)).seq).toBe(seq);
});

const statuses = async (test: TestHost): Promise<readonly string[]> =>
  (await family(test)).map(({ status }) => status).toSorted();

it('is archived once: a repeat answers, and puts nothing away that was taken back since', async () => {
  await using test = await open(PLAN);
  const session = await grown(test);
  const more = await below(test, 'more');
  await more.command({ type: 'session/archive', id: 'cmd_m' });
  const reply = await archive(session);
  await test.clock.advance(1_000);
  const three = await below(test, 'three');
  for (const { id } of [three, more])
    await (await test.host.session(id)).command({ type: 'session/restore', id: `cmd_r${id}`.slice(0, 60) });
  expect(await archive(session)).toEqual(reply);
  expect(await statuses(test)).toEqual(['archived', 'archived', 'idle', 'idle']);
  await session.command({ type: 'session/restore', id: 'cmd_r' });
  await three.send('dig');
  expect(await archive(session)).toEqual(reply);
  expect((await session.summary()).status).toBe('idle');
});

it('is left alone when the archive itself is refused', async () => {
  await using test = await open(PLAN);
  const session = await grown(test);
  await session.command({ type: 'session/rename', id: 'cmd_a', title: 'other' });
  await expect(archive(session)).rejects.toMatchObject({ code: 'conflict' });
  expect(new Set(await statuses(test))).toEqual(new Set(['idle']));
});

it('is archived to the end by a repeat, when the host ended in between', async () => {
  const inner = createMemoryStore(memoryData());
  let fails = true;
  const append: Store['append'] = (groups) => {
    const [first] = groups.flatMap(({ events }) => events);
    const isBelow = first?.type === 'session.archived' && first.session !== session.id;
    return isBelow && fails ? Promise.reject(unavailable()) : inner.append(groups);
  };
  await using test = await open(PLAN, { store: intercepted(inner, { append }) });
  const session = await grown(test);
  await test.clock.advance(1_000);
  await expect(archive(session)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await statuses(test)).toEqual(['archived', 'idle', 'idle', 'idle']);
  fails = false;
  await test.clock.advance(1_000);
  const three = await below(test, 'three');
  await three.command({ type: 'session/rename', id: 'cmd_u', title: 'used since' });
  await archive(session);
  expect(await statuses(test)).toEqual(['archived', 'archived', 'archived', 'idle']);
});

it.each(['archived', 'erased'])('keeps it from being %s while it works', async (what) => {
  const block = blockingTool();
  await using test = await open(PLAN, { tools: [block] });
  const session = await grown(test);
  const three = await below(test, 'three');
  await three.send('dig');
  await block.started();
  const refused = what === 'archived' ? archive(session) : test.host.erase(session.id);
  await expect(refused).rejects.toMatchObject({ code: 'conflict', data: { session: three.id } });
  expect((await family(test)).map(({ status }) => status).toSorted()).toEqual([
    'idle',
    'idle',
    'idle',
    'running',
  ]);
});

it('is refused before anything below has changed, when the session itself works', async () => {
  const block = blockingTool();
  await using test = await open(PLAN, { tools: [block] });
  const session = await grown(test);
  await session.send('dig');
  await block.started();
  await expect(archive(session)).rejects.toMatchObject({ code: 'conflict' });
  await expect(test.host.erase(session.id)).rejects.toMatchObject({ code: 'conflict' });
  expect((await family(test)).filter(({ status }) => status === 'idle')).toHaveLength(3);
});

it('is erased with it', async () => {
  await using test = await open(PLAN);
  const session = await grown(test);
  const other = await test.session();
  await test.host.erase(session.id);
  expect((await family(test)).map((row) => row.session)).toEqual([other.id]);
});

it('is never spawned a second time when it was erased before its parent took the result', async () => {
  const data = memoryData();
  const block = blockingTool();
  const plan = { go: [[spawn('dig')]], dig: [[{ call: 'block', args: {} }]] };
  await using before = await open(plan, { tools: [block], store: createMemoryStore(data) });
  const { id } = await before.session();
  await (await before.host.session(id)).send('go');
  await block.started();
  const [child] = await before.host.children(id);
  await before.host.close();
  await createMemoryStore(data).erase('local', child?.session ?? '');

  await using test = await open(plan, { tools: [block], store: createMemoryStore(data), recover: 'all' });
  await happened(await test.host.session(id), 'turn.finished');
  expect(await results(test, id)).toEqual([expect.stringMatching(/^error: .*erased/)]);
  expect(await test.host.children(id)).toEqual([]);
});
