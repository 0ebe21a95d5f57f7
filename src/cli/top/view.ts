// What two looks say together: what is, and how fast it goes.
import { bucketsOf, quantile, type Parsed, type Sample } from '../../daemon/index.ts';
import type { SessionSummary } from '../../protocol/index.ts';
import type { Look } from './look.ts';

export interface SlotLine {
  readonly level: string;
  readonly name: string;
  readonly inUse: number;
  readonly free: number;
  readonly waiting: number;
}

export interface ProviderLine {
  readonly name: string;
  /** It is left alone after failures. */
  readonly open: boolean;
  readonly faults: number;
  /** First token, seconds; null while nothing was asked. */
  readonly firstTokenP50: number | null;
  readonly firstTokenP95: number | null;
}

export interface View {
  readonly at: number;
  readonly version: string;
  readonly ready: boolean;
  readonly upSeconds: number;
  readonly sessions: Readonly<Record<string, number>>;
  readonly live: number;
  readonly asleep: number;
  readonly slots: readonly SlotLine[];
  readonly providers: readonly ProviderLine[];
  readonly viewers: number;
  readonly connections: number;
  readonly memory: Readonly<Record<string, number>>;
  readonly store: { readonly writable: boolean; readonly bytes: number; readonly freeBytes: number | null };
  readonly totals: Totals;
  /** In a second, since the look before or else since the start. */
  readonly rates: Totals;
  readonly working: readonly Pick<
    SessionSummary,
    'session' | 'name' | 'status' | 'model' | 'turns' | 'position'
  >[];
}

export interface Totals {
  readonly turns: number;
  readonly events: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly dollars: number;
  readonly errors: number;
  readonly lost: number;
}

export function viewOf(now: Look, before: Look | undefined): View {
  const { at, numbers, sessions } = now;
  const one = (name: string): number => numbers.get(name)?.samples[0]?.value ?? 0;
  const upSeconds = Math.max(0, at / 1000 - one('process_start_time_seconds'));
  const resident = byLabel(numbers, 'carrel_sessions_resident', 'residency');
  const totals = totalsOf(numbers);
  const free = numbers.get('carrel_disk_free_bytes')?.samples[0]?.value;
  return {
    at,
    version: numbers.get('carrel_info')?.samples[0]?.labels['version'] ?? '',
    ready: one('carrel_ready') === 1,
    upSeconds: Math.round(upSeconds),
    sessions: byLabel(numbers, 'carrel_sessions', 'status'),
    live: resident['live'] ?? 0,
    asleep: resident['asleep'] ?? 0,
    slots: slotsOf(numbers),
    providers: providersOf(numbers),
    viewers: one('carrel_viewers'),
    connections: one('carrel_connections'),
    memory: byLabel(numbers, 'carrel_memory_bytes', 'of'),
    store: {
      writable: one('carrel_store_writable') === 1,
      bytes: sum(numbers, 'carrel_store_bytes'),
      freeBytes: free ?? null,
    },
    totals,
    rates: ratesOf(totals, before, { seconds: before === undefined ? upSeconds : (at - before.at) / 1000 }),
    working: sessions.map(({ session, name, status, model, turns, position }) => ({
      session,
      name,
      status,
      model,
      turns,
      ...(position === undefined ? {} : { position }),
    })),
  };
}

function totalsOf(numbers: Parsed): Totals {
  const tokens = byLabel(numbers, 'carrel_tokens_total', 'kind');
  return {
    turns: sum(numbers, 'carrel_turn_seconds', ({ name }) => name.endsWith('_count')),
    events: sum(numbers, 'carrel_events_total'),
    inputTokens: tokens['input'] ?? 0,
    outputTokens: tokens['output'] ?? 0,
    dollars: sum(numbers, 'carrel_cost_dollars_total'),
    errors: sum(numbers, 'carrel_errors_total'),
    lost: sum(numbers, 'carrel_sink_failures_total'),
  };
}

/** A daemon that began anew meanwhile counts from 0 again. */
function ratesOf(
  totals: Totals,
  before: Look | undefined,
  { seconds }: { readonly seconds: number },
): Totals {
  const past = before === undefined ? undefined : totalsOf(before.numbers);
  const rates = Object.entries(totals).map(([name, total]: [string, number]) => {
    const from = past?.[name as keyof Totals] ?? 0;
    return [name, seconds <= 0 ? 0 : (total >= from ? total - from : total) / seconds];
  });
  return Object.fromEntries(rates) as Record<keyof Totals, number>;
}

function slotsOf(numbers: Parsed): readonly SlotLine[] {
  return (numbers.get('carrel_slots_in_use')?.samples ?? []).map(({ labels, value }) => {
    const { level = '', name = '' } = labels;
    const same = (sample: Sample): boolean =>
      sample.labels['level'] === level && sample.labels['name'] === name;
    return {
      level,
      name,
      inUse: value,
      free: sum(numbers, 'carrel_slots_free', same),
      waiting: sum(numbers, 'carrel_slots_waiting', same),
    };
  });
}

function providersOf(numbers: Parsed): readonly ProviderLine[] {
  return (numbers.get('carrel_provider_open')?.samples ?? []).map(({ labels, value }) => {
    const { provider: name = '' } = labels;
    const first = bucketsOf(numbers, 'carrel_first_token_seconds', ({ provider }) => provider === name);
    return {
      name,
      open: value === 1,
      faults: sum(numbers, 'carrel_provider_faults_total', (sample) => sample.labels['provider'] === name),
      firstTokenP50: quantile(first, 0.5) ?? null,
      firstTokenP95: quantile(first, 0.95) ?? null,
    };
  });
}

function byLabel(numbers: Parsed, name: string, label: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { labels, value } of numbers.get(name)?.samples ?? []) {
    const key = labels[label] ?? '';
    found[key] = (found[key] ?? 0) + value;
  }
  return found;
}

function sum(numbers: Parsed, name: string, keep: (sample: Sample) => boolean = () => true): number {
  const kept = (numbers.get(name)?.samples ?? []).filter(keep);
  return kept.reduce((all, { value }) => all + value, 0);
}
