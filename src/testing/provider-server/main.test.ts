import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

let folder: string;
let child: ChildProcessByStdio<Writable, Readable, null> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provider-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(
  script: unknown,
  ...args: string[]
): Promise<{ url: string; process: NonNullable<typeof child> }> {
  const file = join(folder, 'script.json');
  await writeFile(file, JSON.stringify(script));
  const started = spawn(process.execPath, [MAIN, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child = started;
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
  return { url: line, process: started };
}

function post(url: string, messages: unknown[], key = 'test-key'): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', stream: true, messages }),
  });
}

async function ask(...request: Parameters<typeof post>): Promise<string> {
  return (await post(...request)).text();
}

const user = { role: 'user', content: 'Hello.' };
const call = { id: 'c1', type: 'function', function: { name: 'list', arguments: '{}' } };
const round = [
  { role: 'assistant', tool_calls: [call] },
  { role: 'tool', tool_call_id: 'c1', content: '' },
];

describe('a provider server of its own', () => {
  it('answers by rounds, keeps its ledger in a file, and stops on SIGTERM', async () => {
    const ledger = join(folder, 'ledger.jsonl');
    const rounds = [[{ call: { tool: 'list', args: {} } }], [{ text: 'done' }]];
    const { url, process: server } = await start({ rounds }, '--ledger', ledger, '--api-key', 'other');
    expect(await ask(url, [user], 'other')).toContain('"name":"list"');
    expect(await ask(url, [user, ...round], 'other')).toContain('"content":"done"');
    expect(await ask(url, [user])).toContain('invalid_api_key');
    expect(await readFile(ledger, 'utf8')).toContain('"text":"done"');
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('stops when its stdin ends, also in mid-answer', async () => {
    const { url, process: server } = await start([{ text: 'a' }, { silence: true }]);
    const answer = await post(url, [user]);
    server.stdin.end();
    expect(await once(server, 'exit')).toEqual([0, null]);
    await expect(answer.text()).rejects.toThrow('terminated');
  });
});
