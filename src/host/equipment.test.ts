import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createModels, scriptedModel } from '../model/index.ts';
import { CarrelError, type SessionEvent } from '../protocol/index.ts';
import type { Equipment } from '../runtime/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { manualClock, openTestHost, testTool } from '../testing/index.ts';
import { createTools } from '../tool/index.ts';
import { openHost, type Host } from './index.ts';

const clock = manualClock();

/** What one folder works with: a model that calls the folder's own tool, then says where it is. */
async function equipmentOf(place: string): Promise<Equipment> {
  const tool = testTool({ name: place, access: 'write', run: () => `${place} was here` });
  const model = scriptedModel({ answers: [[{ call: place, args: {} }], [{ text: place }]] });
  await using test = await openTestHost({ model, tools: [tool], profile: { mode: 'ask' } });
  const profiles = (await test.host.equipment('/')).profiles;
  return {
    models: createModels({ providers: [], models: [model], clock }),
    tools: createTools([tool]),
    profiles,
    grants: () => [{ tool: place, scope: 'always' }],
  };
}

async function open(equip: (folder: string) => Promise<Equipment>): Promise<Host> {
  const nothing = { models: createModels({ providers: [], clock }), tools: createTools([]) };
  return openHost({ store: createMemoryStore(), clock, ...nothing, profiles: new Map(), equip });
}

async function turnIn(host: Host, folder: string): Promise<readonly SessionEvent[]> {
  const session = await host.create({ folder });
  await session.send('go');
  await session.settled();
  return session.events({ after: 0, limit: 100 });
}

function scratch(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-test-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

it('each folder has its own models, tools, profiles and permissions, side by side', async () => {
  using one = scratch();
  using two = scratch();
  const known = new Map([
    [one.path, await equipmentOf('one')],
    [two.path, await equipmentOf('two')],
  ]);
  const equip = (folder: string): Promise<Equipment> => {
    const equipment = known.get(folder);
    return equipment === undefined
      ? Promise.reject(new CarrelError('invalid_params', `nothing is known of ${folder}`))
      : Promise.resolve(equipment);
  };
  await using host = await open(equip);
  const [first, second] = await Promise.all([turnIn(host, one.path), turnIn(host, two.path)]);
  const said = (events: readonly SessionEvent[]) =>
    events.flatMap((event) =>
      event.type === 'tool.finished'
        ? [event.data.output.text]
        : event.type === 'text.ended'
          ? [event.data.text]
          : [],
    );
  expect([said(first), said(second)]).toEqual([
    ['one was here', 'one'],
    ['two was here', 'two'],
  ]);
  await expect(host.create({ folder: tmpdir() })).rejects.toMatchObject({ code: 'invalid_params' });
});

it('where nobody can say any more what counts, the turn fails and says why, and others go on', async () => {
  using one = scratch();
  using two = scratch();
  const equipment = await equipmentOf('one');
  const broken = new CarrelError('invalid_params', 'config.jsonc:3 is no JSON');
  let isBroken = false;
  await using host = await open((folder) =>
    isBroken && folder === one.path ? Promise.reject(broken) : Promise.resolve(equipment),
  );
  const session = await host.create({ folder: one.path });
  isBroken = true;
  await session.send('go');
  await session.settled();
  const end = (await session.events({ after: 0, limit: 100 })).at(-1);
  expect(end).toMatchObject({ data: { outcome: 'failed', error: { message: broken.message } } });
  expect((await turnIn(host, two.path)).at(-1)).toMatchObject({ data: { outcome: 'completed' } });
  expect(host.inspect().crashes).toBe(0);
});
