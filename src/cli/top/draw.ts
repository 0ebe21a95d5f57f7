import { stripControls } from '../../base/index.ts';
import { paint } from '../render/style.ts';
import { table } from '../render/table.ts';
import { span } from '../render/time.ts';
import type { Sink } from '../terminal.ts';
import type { ProviderLine, SlotLine, View } from './view.ts';

const MIB = 1024 * 1024;

/** The whole picture, as lines. */
export function draw(sink: Sink, view: View): string {
  const parts = [
    head(sink, view),
    table(sink, SLOT_COLUMNS, view.slots),
    view.providers.length === 0 ? undefined : table(sink, PROVIDER_COLUMNS, view.providers),
    working(sink, view),
  ];
  return parts.filter((part) => part !== undefined).join('\n');
}

function head(sink: Sink, view: View): string {
  const { version, ready, upSeconds, sessions, live, asleep, memory, store, totals, rates } = view;
  const state = ready ? 'ready' : paint(sink, 'red', 'not ready: carrel doctor says why');
  const statuses = Object.entries(sessions).map(([status, count]) => `${String(count)} ${status}`);
  const mib = (bytes = 0): string => `${(bytes / MIB).toFixed(0)} MiB`;
  const left = store.freeBytes === null ? '' : `, ${mib(store.freeBytes)} left on the disk`;
  const writable = store.writable ? '' : paint(sink, 'red', ', cannot write');
  const lost = totals.lost === 0 ? '' : `, ${String(totals.lost)} of telemetry lost`;
  return [
    `carrel ${version}   ${state}   up ${span(upSeconds * 1000)}`,
    `sessions   ${statuses.join(', ')}; ${String(live)} live, ${String(asleep)} asleep`,
    `clients    ${String(view.connections)} connections, ${String(view.viewers)} viewers`,
    `memory     ${mib(memory['resident'])}, of which ${mib(memory['sessions'])} of sessions`,
    `store      ${mib(store.bytes)}${writable}${left}`,
    `rates      ${perMinute(rates.turns)} turns/min, ${rates.inputTokens.toFixed(1)} tokens in/s, ${rates.outputTokens.toFixed(1)} out/s, $${(rates.dollars * 3600).toFixed(2)}/h`,
    `so far     ${String(totals.turns)} turns, ${String(totals.inputTokens)} tokens in, ${String(totals.outputTokens)} out, $${totals.dollars.toFixed(4)}, ${String(totals.errors)} errors${lost}`,
    '',
  ].join('\n');
}

function perMinute(perSecond: number): string {
  return (perSecond * 60).toFixed(1);
}

const SLOT_COLUMNS = [
  { head: 'SLOTS', cell: ({ level }: SlotLine) => level },
  { head: 'OF', cell: ({ name }: SlotLine) => stripControls(name), max: 32 },
  { head: 'IN USE', cell: ({ inUse }: SlotLine) => String(inUse) },
  { head: 'FREE', cell: ({ free }: SlotLine) => String(free) },
  { head: 'WAITING', cell: ({ waiting }: SlotLine) => String(waiting) },
];

const PROVIDER_COLUMNS = [
  { head: 'PROVIDER', cell: ({ name }: ProviderLine) => stripControls(name), max: 32 },
  { head: 'STATE', cell: ({ open }: ProviderLine) => (open ? 'left alone' : 'asked') },
  { head: 'FAULTS', cell: ({ faults }: ProviderLine) => String(faults) },
  { head: 'FIRST TOKEN P50', cell: ({ firstTokenP50 }: ProviderLine) => seconds(firstTokenP50) },
  { head: 'P95', cell: ({ firstTokenP95 }: ProviderLine) => seconds(firstTokenP95) },
];

function seconds(value: number | null): string {
  return value === null ? '-' : span(value * 1000);
}

function working(sink: Sink, view: View): string {
  if (view.working.length === 0) return 'No session works or waits.\n';
  type Row = View['working'][number];
  return table(
    sink,
    [
      { head: 'SESSION', cell: ({ name }: Row) => stripControls(name), max: 32 },
      {
        head: 'STATUS',
        cell: ({ status, position }: Row) =>
          position === undefined ? status : `queued, ${String(position)}.`,
      },
      { head: 'TURNS', cell: ({ turns }: Row) => String(turns) },
      { head: 'MODEL', cell: ({ model }: Row) => stripControls(model) },
    ],
    view.working,
  );
}
