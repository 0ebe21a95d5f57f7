// The page of the examples in a real browser, against a real daemon that lets pages of that origin in.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { bundle, servePage, type Page as Served } from '../../examples/page/serve.ts';
import { Desk, saying, type Started } from './cli.ts';

const CHROMIUM = '/usr/bin/chromium';
const SOURCES = resolve(import.meta.dirname, '../../src/client');
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Three programs are started on a machine that may have much to do. */
const STARTING_MS = 90_000;

/** What a page is given: this script is a text, because it runs there and not here. It follows from a cursor to the end of a turn. */
const FOLLOWING = `async ({ cursor, text }) => {
  const { connectWebSocket } = await import('/client.js');
  const { url, token, session: id } = JSON.parse(sessionStorage.getItem('desk'));
  await using client = await connectWebSocket({ url, token });
  const session = client.session(id);
  const seqs = [];
  const reading = (async () => {
    for await (const item of session.follow({ cursor })) {
      if (item.type !== 'delta') seqs.push(item.seq);
      if (item.type === 'turn.finished') return;
    }
  })();
  await session.send(text);
  await reading;
  return { seqs, head: (await session.summary()).seq };
}`;

const CURSOR = `async () => {
  const { connectWebSocket } = await import('/client.js');
  const { url, token, session } = JSON.parse(sessionStorage.getItem('desk'));
  await using client = await connectWebSocket({ url, token });
  return await client.session(session).cursor();
}`;

it('the client has nothing of Node in it, and what is for Node alone is found out', async () => {
  const code = await bundle(`${SOURCES}/index.ts`);
  expect(code).not.toMatch(/\bnode:|\brequire\(|\bprocess\./);
  await expect(bundle(`${SOURCES}/node/index.ts`)).rejects.toThrow(/needs what no browser has: .*node:net/);
});

describe('a page', () => {
  const isThere = existsSync(CHROMIUM);
  let desk: Desk;
  let daemon: Started | undefined;
  let served: Served | undefined;
  let browser: BrowserContext | undefined;
  let page: Page;
  let url: string;

  beforeAll(async () => {
    desk = new Desk();
    if (!isThere) return;
    served = await servePage(await bundle(`${SOURCES}/index.ts`), 0);
    daemon = desk.start(['daemon', 'run', '--origin', served.origin]);
    await saying(daemon.child.stderr, 'serving at');
    ({ url } = await desk.json<{ url: string }>(['daemon', 'status']));
    const options = { executablePath: CHROMIUM, args: ARGS };
    browser = await chromium.launchPersistentContext(desk.path('browser'), options);
    browser.setDefaultTimeout(STARTING_MS);
    page = browser.pages()[0] ?? (await browser.newPage());
  }, STARTING_MS);

  afterAll(async () => {
    await browser?.close();
    daemon?.child.kill('SIGTERM');
    await daemon?.ended;
    await served?.[Symbol.asyncDispose]();
    desk[Symbol.dispose]();
  }, STARTING_MS);

  const say = async (text: string): Promise<void> => {
    await page.fill('#say input', text);
    await page.press('#say input', 'Enter');
  };
  const shown = (text: string): Promise<void> => page.locator('#log li', { hasText: text }).first().waitFor();
  const withBrowser = async (context: TestContext): Promise<boolean> => {
    if (!isThere)
      await context.annotate(`${CHROMIUM} is not installed (Debian: chromium): no page was opened`);
    return isThere;
  };

  it(
    'connects, makes a session, and streams an answer over a reload',
    async (context) => {
      if (!(await withBrowser(context))) return;
      const scopes = ['observe', 'prompt', 'approve'].flatMap((scope) => ['--scope', scope]);
      const token = await desk.json<{ token: string }>(['token', 'create', 'page', ...scopes]);
      await page.goto(served?.origin ?? '');
      await page.fill('[name=url]', url);
      await page.fill('[name=token]', token.token);
      await page.fill('[name=folder]', desk.folder);
      await page.click('#desk button');
      await page.locator('#say').waitFor();
      await say('tell 120 words');
      await shown('3: ');
      await page.reload();
      await shown('completed');
      const lines = await page.locator('#log li').allTextContents();
      expect(lines.filter((line) => line.includes('1: '))).toHaveLength(1);
      expect(lines.join('\n').match(/\b\d+: /g)).toEqual(Array.from({ length: 10 }, (_, n) => `${n + 1}: `));
      expect(page.url()).not.toContain(token.token);
    },
    STARTING_MS,
  );

  it(
    'approves what waits, also after a reload',
    async (context) => {
      if (!(await withBrowser(context))) return;
      await say('write note.txt: from a page');
      await page.locator('#allow').waitFor();
      await page.reload();
      await page.click('#allow');
      await shown('[ok]');
      await page.locator('#log li', { hasText: 'completed' }).nth(1).waitFor();
      await page.locator('#allow').waitFor({ state: 'hidden' });
      expect(desk.read('note.txt')).toBe('from a page');
    },
    STARTING_MS,
  );

  it(
    'goes on from a cursor that was kept, with every event once',
    async (context) => {
      if (!(await withBrowser(context))) return;
      const evaluate = <T>(script: string, given?: unknown): Promise<T> =>
        page.evaluate(`(${script})(${JSON.stringify(given ?? null)})`);
      const cursor = await evaluate<{ seq: number }>(CURSOR);
      await page.reload();
      const { seqs, head } = await evaluate<{ seqs: number[]; head: number }>(FOLLOWING, {
        cursor,
        text: 'say Once more.',
      });
      expect(seqs).toEqual(Array.from({ length: head - cursor.seq }, (_, n) => cursor.seq + 1 + n));
      await shown('Once more.');
    },
    STARTING_MS,
  );

  it(
    'is told why it may not come in',
    async (context) => {
      if (!(await withBrowser(context))) return;
      await page.evaluate('sessionStorage.clear()');
      await page.reload();
      await page.fill('[name=url]', url);
      await page.fill('[name=token]', 'wrong');
      await page.fill('[name=folder]', desk.folder);
      await page.click('#desk button');
      await page.locator('#note', { hasText: /./ }).waitFor();
      expect(await page.locator('#note').textContent()).toMatch(/^unauthorized: /);
    },
    STARTING_MS,
  );
});
