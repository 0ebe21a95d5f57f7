import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inPieces } from './answer.ts';
import { ask, clientFor, userSays } from './fixtures.ts';
import { startProviderServer, type ProviderServer } from './server.ts';

let server: ProviderServer;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(() => server.close());

const HELLO = [userSays('Hello.')];

describe('scripts and ledger', () => {
  const text = async (): Promise<string> => (await ask(clientFor('openai-compatible', server), HELLO)).text;

  it('gives the answers of a list in order, then says that they are used up', async () => {
    server.script([[{ text: 'one' }], [{ text: 'two' }]]);
    expect([await text(), await text()]).toEqual(['one', 'two']);
    await expect(text()).rejects.toMatchObject({
      statusCode: 500,
      message: 'The script has no answer for this request.',
    });
  });

  it('asks a function, whose failure is an answer too', async () => {
    server.script((request, n) => [{ text: `${n} ${request.model} ${request.text}` }]);
    expect(await text()).toBe('1 qwen3 Hello.');
    server.script(() => Promise.reject(new Error('no idea')));
    await expect(text()).rejects.toMatchObject({
      statusCode: 500,
      message: expect.stringContaining('no idea') as string,
    });
  });

  it('fails without a script, and for unknown addresses', async () => {
    await expect(text()).rejects.toMatchObject({ statusCode: 500 });
    expect((await fetch(`${server.url}/v1/embeddings`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.url}/`)).status).toBe(404);
  });

  it('writes each entry to the file before it goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
    const ledgerFile = join(folder, 'ledger.jsonl');
    await using other = await startProviderServer({ ledgerFile });
    other.script([{ text: 'abc', pieces: 3 }]);
    await ask(clientFor('openai-compatible', other), HELLO);
    await other.requests[0]?.ended;
    const lines = (await readFile(ledgerFile, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(other.ledger.entries);
    expect(
      other.ledger.entries.filter((entry) => entry.kind === 'text').map((entry) => entry.textLength),
    ).toEqual([1, 2, 3]);
    expect(other.ledger.entries.map((entry) => entry.kind)).toEqual([
      'request',
      'open',
      'text',
      'text',
      'text',
      'finish',
      'ended',
    ]);
    await rm(folder, { recursive: true });
  });

  it('closes in the middle of everything', async () => {
    server.script([{ text: 'a' }, { silence: true }]);
    const failed = ask(clientFor('anthropic', server), HELLO).catch((error: unknown) => error);
    await server.ledger.until((entry) => entry.kind === 'text');
    await server.close();
    await server.close();
    expect(await failed).toMatchObject({ name: 'AI_APICallError' });
    await expect(server.requests[0]?.ended).resolves.toBe('abandoned');
  });
});

describe('pieces', () => {
  it('are at most as many as asked for, whole characters, and together the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), (text, count) => {
        const pieces = inPieces(text, count);
        expect(pieces.join('')).toBe(text);
        expect(pieces.length).toBeLessThanOrEqual(count);
        expect(pieces.every((piece) => piece.isWellFormed() && piece !== '')).toBe(true);
      }),
    );
  });
});
