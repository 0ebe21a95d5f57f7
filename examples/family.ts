// A session starts two children; what they want to do waits in one inbox, and its answer comes when both have theirs.
// From a checkout, after `npm run build`: node examples/family.ts
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  builtInProfiles,
  builtinTools,
  createMemoryStore,
  createModels,
  createTools,
  openHost,
  systemClock,
} from 'carrel';

const folder = mkdtempSync(join(tmpdir(), 'carrel-example-'));
await using host = await openHost({
  store: createMemoryStore(),
  models: createModels({ clock: systemClock, providers: [] }),
  tools: createTools(builtinTools()),
  profiles: builtInProfiles('offline/practice'),
});

const parent = await host.create({ folder, name: 'trip' });
await parent.send('spawn write list.txt: tent, stove & spawn run rm list.txt');
assert.equal((await parent.settled()).status, 'waiting');

for (const { session, lineage, name, call, tool, summary } of await host.inbox()) {
  console.log([...lineage.map((above) => above.name), name].join(' / '), 'wants', summary);
  const child = await host.session(session);
  await (tool === 'write' ? child.approve(call) : child.deny(call, 'not that'));
}

for await (const item of parent.follow()) {
  if (item.type === 'tool.finished') console.log(item.data.status, item.data.output.text);
  if (item.type === 'turn.finished') break;
}
assert.equal(readFileSync(join(folder, 'list.txt'), 'utf8'), 'tent, stove');
assert.equal((await host.children(parent.id)).length, 2);
