// What is looked up when somebody asks for the numbers, instead of being counted as it happens.
import type { HostReport } from '../../host/index.ts';
import { Status } from '../../protocol/index.ts';
import type { Measures } from './measures.ts';

export interface Look {
  readonly report: HostReport;
  /** Sessions by status. */
  readonly counts: Readonly<Partial<Record<string, number>>>;
  readonly connections: number;
  readonly reasons: readonly string[];
  /** Bytes of files of the store by their names, and what is left of the disk, where it is known. */
  readonly files: Readonly<Record<string, number>>;
  readonly freeBytes?: number;
}

export function setGauges(measures: Measures, look: Look): void {
  const { report, counts, connections, reasons, files, freeBytes } = look;
  measures.set('carrel_connections', [], connections);
  measures.set('carrel_viewers', [], report.viewers);
  measures.set('carrel_ready', [], reasons.length === 0 ? 1 : 0);
  measures.set('carrel_store_writable', [], report.store.writable ? 1 : 0);
  for (const [file, bytes] of Object.entries(files)) measures.set('carrel_store_bytes', [file], bytes);
  if (freeBytes !== undefined) measures.set('carrel_disk_free_bytes', [], freeBytes);
  measures.follow('carrel_session_crashes_total', [], report.crashes);
  measures.follow('carrel_viewers_behind_total', [], report.viewersBehind);
  measures.follow('carrel_listener_faults_total', [], report.listenerFaults);
  measures.follow('carrel_slots_leaked_total', [], report.leaked);
  setSessions(measures, report, counts);
  setSlots(measures, report);
  setProcess(measures, report);
}

function setSessions(measures: Measures, { live }: HostReport, counts: Look['counts']): void {
  for (const status of Status.options) measures.set('carrel_sessions', [status], counts[status] ?? 0);
  const all = Object.values(counts).reduce((sum: number, n = 0) => sum + n, 0);
  measures.set('carrel_sessions_resident', ['live'], live);
  measures.set('carrel_sessions_resident', ['asleep'], Math.max(0, all - live));
}

function setSlots(measures: Measures, { turns, providers, calls, tools }: HostReport): void {
  measures.clear('carrel_slots_in_use', 'carrel_slots_free', 'carrel_slots_waiting');
  measures.clear('carrel_provider_open', 'carrel_provider_paused_seconds');
  const slots = [
    ['host', 'turns', turns],
    ...Object.entries(providers).map(([name, slot]) => ['provider', name, slot] as const),
    ['tool', 'calls', calls],
    ...Object.entries(tools).map(([name, slot]) => ['tool', name, slot] as const),
  ] as const;
  for (const [level, name, { inUse, free, waiting }] of slots) {
    measures.set('carrel_slots_in_use', [level, name], inUse);
    measures.set('carrel_slots_free', [level, name], free);
    measures.set('carrel_slots_waiting', [level, name], waiting);
  }
  for (const [name, { breaker, pausedMs = 0 }] of Object.entries(providers)) {
    measures.set('carrel_provider_open', [name], breaker.state === 'closed' ? 0 : 1);
    measures.set('carrel_provider_paused_seconds', [name], pausedMs / 1000);
  }
}

function setProcess(measures: Measures, { memory }: HostReport): void {
  const { heapUsed, external } = process.memoryUsage();
  measures.set('carrel_memory_bytes', ['resident'], memory.processBytes);
  measures.set('carrel_memory_bytes', ['heap'], heapUsed);
  measures.set('carrel_memory_bytes', ['external'], external);
  measures.set('carrel_memory_bytes', ['sessions'], memory.liveBytes);
  const { user, system } = process.cpuUsage();
  measures.follow('process_cpu_seconds_total', [], (user + system) / 1_000_000);
}
