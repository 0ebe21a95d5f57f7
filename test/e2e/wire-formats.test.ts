// One whole turn, and more, in each wire format: through the real command, against a server that refuses what the real
// provider refuses.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { DeltaFrame, SessionEvent, ViewItem } from '../../src/protocol/index.ts';
import {
  byRound,
  startProviderServer,
  type ProviderAnswer,
  type ProviderServer,
  type WireKind,
} from '../../src/testing/index.ts';
import { violations } from '../oracle.ts';
import { Desk, lines } from './cli.ts';
import { configure } from './wire.ts';

interface Format {
  readonly kind: WireKind;
  /** One of the models whose rules this format is known for. */
  readonly model: string;
  /** What of the n-th reasoning has to come back with every later request: its opaque data where the format has any. */
  readonly opaque: (n: number) => string;
}

const signed = (n: number): string => `thought-${n}`;
const thought = (n: number): string => `Thinking about step ${n}.`;

const FORMATS: readonly Format[] = [
  { kind: 'openai', model: 'gpt-5.5', opaque: signed },
  { kind: 'openai-compatible', model: 'qwen3', opaque: thought },
  { kind: 'anthropic', model: 'claude-sonnet-4-5', opaque: signed },
  { kind: 'google', model: 'gemini-3-pro', opaque: signed },
];

const USAGE = { input: 100, output: 20 };

/** Thinks, says something, and calls; then answers. */
const ROUNDS: readonly ProviderAnswer[] = [
  round(1, 'list', { path: '.' }),
  round(2, 'read', { path: 'notes.txt' }),
  round(3, 'grep', { pattern: 'oats' }),
  [
    { reasoning: thought(4), signature: signed(4) },
    { text: 'It says: 🥛 milk.', pieces: 4 },
    { usage: { ...USAGE, cachedInput: 60 } },
  ],
];

function round(n: number, tool: string, args: Record<string, string>): ProviderAnswer {
  return [
    { reasoning: thought(n), signature: signed(n), pieces: 2 },
    { text: `Step ${n}.`, pieces: 2 },
    { call: { tool, args } },
    { usage: USAGE },
  ];
}

const isEvent = (item: ViewItem): item is SessionEvent => item.type !== 'delta';

/** What the frames of each part add up to. */
function shownTexts(items: readonly ViewItem[]): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  for (const { part, offset, text } of items.filter((item): item is DeltaFrame => !isEvent(item)))
    shown.set(part, (shown.get(part) ?? '').slice(0, offset) + text);
  return shown;
}

function diffOf(desk: Desk): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: desk.folder, encoding: 'utf8' }).stdout;
  git('init', '-q');
  desk.write('notes.txt', 'remember the milk\n');
  git('add', 'notes.txt');
  desk.write('notes.txt', 'remember the oats\n');
  return git('diff');
}

describe.each(FORMATS)('a model that speaks $kind', (format) => {
  it('thinks, calls three tools, answers, and goes on with what is piped in', async () => {
    using desk = new Desk();
    const diff = diffOf(desk);
    await using server = await startProviderServer({ models: [format.model] });
    server.script(byRound(ROUNDS));
    configure(desk, server, format);
    const first = await desk.run(['run', '--json', '-s', 'desk', 'what does it say?']);
    expect({ ...first, stdout: '', refusals: server.refusals }).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('new session desk') as string,
      refusals: [],
    });
    const journal = lines<SessionEvent>((await desk.run(['events', 'desk', '--json'])).stdout);
    expectWhole(lines<ViewItem>(first.stdout), journal);
    expectReturned(server, format);

    server.script([{ text: 'Oats, then.' }]);
    const { code, stdout } = await desk.run(['run', '-c', 'review this'], { input: diff });
    expect({ code, stdout, refusals: server.refusals }).toEqual({
      code: 0,
      stdout: 'Oats, then.\n',
      refusals: [],
    });
    const asked = server.requests.at(-1);
    expect(asked?.text).toMatch(/^review this\n[^]*-remember the milk\n\+remember the oats/);
    for (const past of ['what does it say?', 'Step 3.', 'It says: 🥛 milk.'])
      expect(JSON.stringify(asked?.body)).toContain(past);
  });
});

/** The events shown are the journal behind the creation, and the frames between them show what they say. */
function expectWhole(items: readonly ViewItem[], journal: readonly SessionEvent[]): void {
  expect(violations(journal)).toEqual([]);
  const events = items.filter(isEvent);
  expect(events).toEqual(journal.slice(1));
  expect(events.filter(({ type }) => type === 'step.retried' || type === 'step.adjusted')).toEqual([]);
  const texts = events.flatMap((event) => (event.type === 'text.ended' ? [event.data] : []));
  expect(texts.map(({ text }) => text)).toEqual(['Step 1.', 'Step 2.', 'Step 3.', 'It says: 🥛 milk.']);
  const shown = shownTexts(items);
  for (const { part, text } of texts) expect(shown.get(part)).toBe(text);
  const reasoned = events.flatMap((event) => (event.type === 'reasoning.ended' ? [event.data.text] : []));
  expect(reasoned).toEqual([1, 2, 3, 4].map(thought));
  const called = events.flatMap((event) => (event.type === 'tool.finished' ? [event.data] : []));
  expect(called.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  expect(called[2]?.output.text).toContain('remember the oats');
  expect(events.at(-1)).toMatchObject({
    type: 'turn.finished',
    data: { outcome: 'completed', usage: { input: 400, output: 80, cachedInput: 60 } },
  });
}

/** Each request within the turn carries the reasoning of all steps before it, as the provider sent it. */
function expectReturned(server: ProviderServer, { opaque }: Format): void {
  expect(server.requests.map(({ rounds }) => rounds)).toEqual([0, 1, 2, 3]);
  for (const [before, { body }] of server.requests.entries()) {
    const sent = JSON.stringify(body);
    const returned = [1, 2, 3, 4].filter((n) => sent.includes(opaque(n)));
    expect(returned).toEqual([1, 2, 3, 4].slice(0, before));
  }
}
