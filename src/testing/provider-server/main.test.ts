import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provider-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(script: unknown, ...args: string[]): Promise<string> {
  const file = join(folder, 'script.json');
  await writeFile(file, JSON.stringify(script));
  child = spawn(process.execPath, [MAIN, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return line;
}

async function ask(url: string, messages: unknown[], key = 'test-key'): Promise<string> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', stream: true, messages }),
  });
  return answer.text();
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
    const url = await start({ rounds }, '--ledger', ledger, '--api-key', 'other');
    expect(await ask(url, [user], 'other')).toContain('"name":"list"');
    expect(await ask(url, [user, ...round], 'other')).toContain('"content":"done"');
    expect(await ask(url, [user])).toContain('invalid_api_key');
    expect(await readFile(ledger, 'utf8')).toContain('"text":"done"');
    child?.kill('SIGTERM');
    expect(await once(child!, 'exit')).toEqual([0, null]);
  });

  it('stops when its stdin ends, also in mid-answer', async () => {
    const url = await start([{ text: 'a' }, { silence: true }]);
    const asking = expect(ask(url, [user])).rejects.toThrow();
    child?.stdin?.end();
    expect(await once(child!, 'exit')).toEqual([0, null]);
    await asking;
  });
});
