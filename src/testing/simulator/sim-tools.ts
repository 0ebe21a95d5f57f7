import {
  builtinTools,
  createTools,
  type Tool,
  type ToolContext,
  type ToolResult,
  type Tools,
} from '../../tool/index.ts';
import { testTool } from '../tools.ts';
import type { Dice } from './dice.ts';
import type { Ledger, RunRecord } from './ledger.ts';
import { pause } from './pause.ts';
import type { Owner, Schedule } from './schedule.ts';

export interface SimToolsOptions {
  readonly schedule: Schedule;
  readonly owner: Owner;
  readonly host: string;
  readonly ledger: Ledger;
  readonly dice: Dice;
}

interface Kind {
  readonly access: Tool['access'];
  readonly idempotent?: boolean;
  readonly parallel?: boolean;
  /** Longest work, ms; Infinity: until the signal aborts. */
  readonly mostMs: number;
  /** It does not hear the signal. */
  readonly deaf?: boolean;
  readonly ends: 'ok' | 'error' | 'throws' | 'flood';
}

/** Some finish, some fail, some do not end before they are stopped, one not even then. */
export const KINDS: Readonly<Record<string, Kind>> = {
  write: { access: 'write', mostMs: 200, ends: 'ok' },
  look: { access: 'read', idempotent: true, parallel: true, mostMs: 150, ends: 'ok' },
  slow: { access: 'execute', mostMs: 1_500, ends: 'ok' },
  fail: { access: 'write', mostMs: 50, ends: 'error' },
  throw: { access: 'write', mostMs: 50, ends: 'throws' },
  flood: { access: 'read', mostMs: 50, ends: 'flood' },
  hang: { access: 'execute', mostMs: Infinity, ends: 'ok' },
  deaf: { access: 'execute', mostMs: Infinity, deaf: true, ends: 'ok' },
};

/** What the runtime does itself: start children, send messages. */
export const FAMILY = builtinTools().filter(({ kind }) => kind !== undefined);

const FLOOD = 'water '.repeat(1_000);

/** The tools of one host. Each run is written down before it does anything. */
export function simTools(options: SimToolsOptions): Tools {
  return createTools([
    ...FAMILY,
    ...Object.entries(KINDS).map(([name, kind]) => simTool(options, name, kind)),
  ]);
}

function simTool(options: SimToolsOptions, name: string, kind: Kind): Tool {
  const { access, idempotent = false, parallel = false } = kind;
  return testTool({
    name,
    access,
    idempotent,
    parallel,
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    run: (_args, context) => run(options, { name, kind }, context),
  });
}

async function run(
  { schedule, owner, host, ledger, dice }: SimToolsOptions,
  { name, kind }: { readonly name: string; readonly kind: Kind },
  { session, call, signal }: ToolContext,
): Promise<ToolResult> {
  const record: RunRecord = {
    host,
    session,
    call,
    signal,
    tool: name,
    idempotent: kind.idempotent === true,
    startedAtMs: schedule.nowMs,
    text: undefined,
    ended: false,
  };
  ledger.ran(record);
  const delayMs = kind.mostMs === Infinity ? Infinity : dice.between(0, kind.mostMs);
  const what = `${host} tool ${name} ends ${call}`;
  await pause(schedule, { delayMs, what, owner, ...(kind.deaf === true ? {} : { signal }) });
  ledger.ended(record);
  if (signal.aborted) return stopped;
  if (kind.ends === 'throws') throw new Error(`${name} threw`);
  if (kind.ends === 'error') return failed;
  record.text = `${name} did ${call}${kind.ends === 'flood' ? FLOOD : ''}`;
  return { ok: true, text: record.text };
}

const stopped: ToolResult = {
  ok: false,
  text: 'stopped',
  error: { code: 'cancelled', message: 'stopped' },
  retryable: false,
};

const failed: ToolResult = {
  ok: false,
  text: 'it failed',
  error: { code: 'tool_failed', message: 'it failed' },
  retryable: true,
};
