// A process is killed in the middle of an answer; the next one shows the rest of it, and nothing twice.
// From a checkout, after `npm run build`: node examples/resume.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  builtInProfiles,
  builtinTools,
  createModels,
  createTools,
  openHost,
  openSqliteStore,
  systemClock,
  type ViewItem,
} from 'carrel';

/** The key gives the same session to whichever process asks. */
async function openStory(folder: string) {
  const host = await openHost({
    store: await openSqliteStore({ home: join(folder, 'home') }),
    models: createModels({ clock: systemClock, providers: [] }),
    tools: createTools(builtinTools()),
    profiles: builtInProfiles('offline/practice'),
    recover: 'all', // else a session is taken up with its next command
  });
  return { host, session: await host.create({ folder, name: 'story', key: 'story' }) };
}
const child = process.argv[2];
if (child !== undefined) {
  const { session } = await openStory(child);
  for await (const item of session.run('tell 2000 words')) console.log(JSON.stringify(item));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-example-'));
  let [seq, shown] = [0, 0]; // the last event seen, and characters of the open part
  const victim = spawn(process.execPath, [import.meta.filename, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(victim.stdout)) {
    const item = JSON.parse(line) as ViewItem;
    if (item.type !== 'delta') seq = item.seq;
    else if ((shown += item.text.length) > 2000) victim.kill('SIGKILL');
  }
  if (victim.signalCode === null) await once(victim, 'exit');
  console.log(`killed after event ${seq} and ${shown} characters`);
  const { host, session } = await openStory(folder);
  await using _closing = host;
  for await (const item of session.follow()) {
    if (item.type === 'delta' || item.seq <= seq) continue;
    assert.equal(item.seq, ++seq);
    const kept = item.type === 'text.ended' && item.data.interrupted === true;
    console.log(kept ? `${item.type}, interrupted: ${item.data.text.length} characters kept` : item.type);
    if (item.type === 'turn.finished') break;
  }
  assert.equal((await session.summary()).lastOutcome, 'completed');
}
