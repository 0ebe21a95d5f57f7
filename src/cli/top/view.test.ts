import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../daemon/index.ts';
import { memorySink, summary } from '../fixtures.ts';
import { draw } from './draw.ts';
import type { Look } from './look.ts';
import { viewOf } from './view.ts';

type Families = Readonly<Record<string, readonly string[]>>;

function looked(at: number, families: Families, sessions: Look['sessions'] = []): Look {
  const text = Object.entries(families).map(([name, lines]) => {
    const type = lines.some((line) => line.startsWith('_')) ? 'histogram' : 'gauge';
    return `# HELP ${name} x\n# TYPE ${name} ${type}\n${lines.map((line) => `${name}${line}\n`).join('')}`;
  });
  return { at, numbers: parseExposition(text.join('')), sessions };
}

const numbers = (turns: number, tokens: number): Families => ({
  carrel_info: ['{version="1.2.3"} 1'],
  process_start_time_seconds: [' 100'],
  carrel_ready: [' 1'],
  carrel_store_writable: [' 1'],
  carrel_sessions: ['{status="idle"} 3', '{status="waiting"} 1'],
  carrel_sessions_resident: ['{residency="live"} 3', '{residency="asleep"} 1'],
  carrel_slots_in_use: ['{level="host",name="turns"} 2', '{level="provider",name="p"} 1'],
  carrel_slots_free: ['{level="host",name="turns"} 22', '{level="provider",name="p"} 5'],
  carrel_slots_waiting: ['{level="host",name="turns"} 4', '{level="provider",name="p"} 0'],
  carrel_provider_open: ['{provider="p"} 1', '{provider="q"} 0'],
  carrel_provider_faults_total: [
    '{provider="p",code="timeout"} 2',
    '{provider="p",code="provider_failed"} 3',
  ],
  carrel_first_token_seconds: [
    '_bucket{provider="p",le="1"} 5',
    '_bucket{provider="p",le="2"} 10',
    '_bucket{provider="p",le="+Inf"} 10',
    '_sum{provider="p"} 12',
    '_count{provider="p"} 10',
  ],
  carrel_turn_seconds: [
    `_bucket{outcome="completed",le="+Inf"} ${String(turns)}`,
    '_sum{outcome="completed"} 9',
    `_count{outcome="completed"} ${String(turns)}`,
  ],
  carrel_tokens_total: [`{provider="p",model="m",kind="output"} ${String(tokens)}`],
});

describe('top', () => {
  it('shows what is, and how fast it goes since the look before', () => {
    const row = summary({ name: 'one', status: 'running', position: 2 });
    const view = viewOf(looked(210_000, numbers(10, 500), [row]), looked(200_000, numbers(4, 100)));
    expect(view).toMatchObject({
      version: '1.2.3',
      ready: true,
      upSeconds: 110,
      sessions: { idle: 3, waiting: 1 },
      live: 3,
      asleep: 1,
      totals: { turns: 10, outputTokens: 500 },
      rates: { turns: 0.6, outputTokens: 40 },
      working: [{ name: 'one', status: 'running', position: 2 }],
    });
    expect(view.slots).toEqual([
      { level: 'host', name: 'turns', inUse: 2, free: 22, waiting: 4 },
      { level: 'provider', name: 'p', inUse: 1, free: 5, waiting: 0 },
    ]);
    expect(view.providers).toEqual([
      { name: 'p', open: true, faults: 5, firstTokenP50: 1, firstTokenP95: 1.9 },
      { name: 'q', open: false, faults: 0, firstTokenP50: null, firstTokenP95: null },
    ]);
  });

  it('reckons from the start without a look before, and anew after a daemon began anew', () => {
    expect(viewOf(looked(110_000, numbers(10, 500)), undefined).rates.turns).toBe(1);
    const before = looked(100_000, numbers(1_000, 500));
    expect(viewOf(looked(110_000, numbers(10, 500)), before).rates.turns).toBe(1);
  });

  it('is drawn without control characters of what it shows', () => {
    const sink = memorySink();
    const row = summary({ name: 'a\u001b[31mb', status: 'waiting' });
    const text = draw(sink, viewOf(looked(210_000, numbers(1, 1), [row]), undefined));
    expect(text).toContain('ab');
    expect(text).not.toContain('\u001b');
    for (const part of ['1.2.3', 'ready', '1 waiting', 'left alone', '3 live', 'waiting'])
      expect(text).toContain(part);
  });
});
