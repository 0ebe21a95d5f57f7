// The README's lines for programs made by others, as they stand there: curl, wscat, and an `EventSource`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { compileFunction } from 'node:vm';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deferred } from '../../src/base/index.ts';
import type { SessionSummary, ViewItem } from '../../src/protocol/index.ts';
import { Desk, saying, type Started } from './cli.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const [, section = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## From anything else');

/** The first block of the section in this language. */
function block(language: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section) ?? [];
  if (text === undefined) throw new Error(`the README has no ${language} there`);
  return text;
}

/** Two processes are started on a machine that may have much to do. */
const STARTING_MS = 60_000;

let desk: Desk;
let daemon: Started;
let url: string;
let token: string;

beforeAll(async () => {
  desk = new Desk();
  daemon = desk.start(['daemon', 'run']);
  await saying(daemon.child.stderr, 'serving at');
  ({ url } = await desk.json<{ url: string }>(['daemon', 'status']));
  token = readFileSync(join(desk.home, 'token'), 'utf8').trim();
}, STARTING_MS);

afterAll(async () => {
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  desk[Symbol.dispose]();
}, STARTING_MS);

const practice = { change: { model: 'offline/practice' } };

async function rpc(method: string, params: object): Promise<SessionSummary> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/rpc`, { method: 'POST', body, headers });
  return ((await answer.json()) as { result: SessionSummary }).result;
}

it('curl makes a session, sends, and sees the end of its turn', async () => {
  const path = `${join(ROOT, 'bin')}:${desk.env['PATH'] ?? ''}`;
  const child = spawn('sh', ['-eu', '-c', block('sh')], {
    cwd: desk.folder,
    env: { ...desk.env, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, said]).toEqual([0, expect.stringContaining('"outcome":"completed"')]);
});

it('wscat opens, follows and sends', async () => {
  const { session } = await rpc('session/create', { folder: desk.folder, ...practice });
  const lines = block('json').trim().replaceAll('TOKEN', token).replaceAll('SESSION', session).split('\n');
  expect(lines).toHaveLength(3);
  // It wants a terminal to say that it is connected; what is typed is seen there too.
  const wscat = `${join(ROOT, 'node_modules/.bin/wscat')} -c ${url.replace('http', 'ws')}/rpc`;
  const child = spawn('script', ['-qfec', wscat, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const output = createInterface({ input: child.stdout });
  const seen: string[] = [];
  // Whoever types waits for the answer to the line before.
  for await (const line of output) {
    seen.push(line);
    if (/Connected|"id":[12],"result"/.test(line)) child.stdin.write(`${lines.shift() ?? ''}\n`);
    if (line.includes('turn.finished')) break;
  }
  child.stdin.end();
  child.kill('SIGTERM');
  expect(seen.join('\n')).toContain('Hello.');
});

it(
  'an EventSource follows, and comes back to where it was when the daemon is killed',
  async () => {
    const { session } = await rpc('session/create', { folder: desk.folder, ...practice });
    const [begun, finished] = [deferred<void>(), deferred<void>()];
    const types: string[] = [];
    const log = (type: string): void => {
      types.push(type);
      if (type === 'delta') begun.resolve();
      if (type === 'turn.finished') finished.resolve();
    };
    const seqs: number[] = [];
    const states: string[] = [];
    /** The same, looked at: what the README logs is no sequence. */
    class Watched extends EventSource {
      constructor(...given: ConstructorParameters<typeof EventSource>) {
        super(...given);
        this.addEventListener('open', ({ type }) => states.push(type));
        this.addEventListener('error', ({ type }) => states.push(type));
        this.addEventListener('message', ({ data }) => {
          const item = JSON.parse(String(data)) as ViewItem;
          if (item.type !== 'delta') seqs.push(item.seq);
        });
      }
    }
    const script = `${block('js')}\nreturn source;`;
    const names = ['EventSource', 'url', 'session', 'token', 'console'];
    const run = compileFunction(script, names) as (...given: unknown[]) => EventSource;
    const source = run(Watched, url, session, token, { log });
    await rpc('input/send', { session, text: 'tell 300 words', delivery: 'queue', source: { kind: 'user' } });
    await begun.promise;
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    daemon = desk.start(['daemon', 'run', '--port', new URL(url).port]);
    await saying(daemon.child.stderr, 'serving at');
    await finished.promise;
    source.close();
    expect([states[0], states.at(-1)]).toEqual(['open', 'open']);
    expect(states).toContain('error');
    expect(types.filter((type) => type === 'session.recovered')).toHaveLength(1);
    const { seq } = await rpc('session/get', { session });
    expect(seqs).toEqual(Array.from({ length: seq }, (_, n) => n + 1));
  },
  STARTING_MS,
);
