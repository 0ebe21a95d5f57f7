// Ten sessions at once and one who looks after them: what waits is approved, what failed is continued, what never ends is cancelled.
// From a checkout, after `npm run build`: node examples/supervisor.ts
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, ClientSession, SessionSummary } from 'carrel/client';
import { connectHome } from 'carrel/client/node';
import { startProviderServer } from 'carrel/testing';
import { startDaemon } from './daemon/start.ts';

/** Nobody reads more of one answer. */
const LONGEST_ANSWER = 1_500;

interface Job {
  readonly prompt: string;
  readonly model?: string;
}

const JOBS: Readonly<Record<string, Job>> = {
  ...Object.fromEntries(
    Array.from({ length: 7 }, (_, n) => [`reader-${n + 1}`, { prompt: `list\ntell ${20 * (n + 1)} words` }]),
  ),
  writer: { prompt: 'write report.txt: all is well' }, // asks first
  unlucky: { prompt: 'How are you?', model: 'local/flaky' }, // its provider refuses the first request
  endless: { prompt: 'tell 100000 words' },
};

/** One line of the table in the end. */
interface Line {
  readonly name: string;
  readonly outcome: string;
  readonly events: number;
  readonly done: string;
}

/** Sends, and does what has to be done until there is nothing more. */
async function supervise(client: Client, folder: string, [name, job]: [string, Job]): Promise<Line> {
  const { prompt, model = 'offline/practice' } = job;
  const session = await client.create({ folder, name, key: name, change: { model } });
  const done: string[] = [];
  let length = 0;
  for await (const item of session.send(prompt)) {
    if (item.type !== 'delta') continue;
    length += item.text.length;
    if (length < LONGEST_ANSWER || done.length > 0) continue;
    done.push('cancelled');
    await session.cancel('it goes on for too long');
  }
  let row = await session.settled();
  for (let step = await help(session, row); step !== undefined; step = await help(session, row)) {
    done.push(step);
    row = await session.settled();
  }
  return { name, outcome: row.lastOutcome ?? row.status, events: row.seq, done: done.join(', ') };
}

/** What a session that rests needs to go on; nothing when it is done. */
async function help(session: ClientSession, row: SessionSummary): Promise<string | undefined> {
  if (row.status === 'waiting') {
    await session.approve();
    return 'approved';
  }
  if (row.lastOutcome !== 'failed') return undefined;
  await session.continue();
  return 'continued';
}

/** A provider that is not well at first, and the model that it has, in the configuration of a new home. */
function configure(home: string, baseUrl: string, apiKey: string): void {
  const local = { kind: 'openai-compatible', baseUrl, apiKey, models: { flaky: {} } };
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'config.jsonc'), JSON.stringify({ providers: { local } }), { mode: 0o600 });
}

const root = mkdtempSync(join(tmpdir(), 'carrel-supervisor-'));
const home = join(root, 'home');
try {
  await using provider = await startProviderServer();
  provider.script([[{ status: 403, message: 'not today' }], [{ text: 'Better now.' }]]);
  configure(home, provider.baseUrl('openai-compatible'), provider.apiKey);
  await using _daemon = await startDaemon(home);
  await using client = await connectHome({ home });

  const lines = await Promise.all(Object.entries(JOBS).map((job) => supervise(client, root, job)));
  console.table(lines);

  const { sessions } = await client.list();
  assert.equal(sessions.length, 10);
  assert.deepEqual(await client.inbox(), []);
  const told = lines.slice(7).map(({ name, outcome, done }) => [name, outcome, done]);
  assert.deepEqual(told, [
    ['writer', 'completed', 'approved'],
    ['unlucky', 'completed', 'continued'],
    ['endless', 'cancelled', 'cancelled'],
  ]);
  assert.ok(lines.slice(0, 7).every(({ outcome, done }) => outcome === 'completed' && done === ''));
} finally {
  rmSync(root, { recursive: true });
}
