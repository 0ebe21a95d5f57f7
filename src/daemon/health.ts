// What is told to whoever asks how the daemon is. On an address that other machines reach, they hear whether it takes input, and no more until
// they say who they are: reasons and numbers tell of disks, sessions and who is at work.
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Caller } from './caller.ts';
import { isLoopback } from './foreign.ts';
import type { Shared } from './shared.ts';
import { EXPOSITION_TYPE } from './telemetry/exposition.ts';

export interface Asking {
  readonly c: Context;
  /** The daemon listens where other machines reach it. */
  readonly isOutside: boolean;
  /** Who asks. Rejects as the gate does. */
  readonly caller: (via: string) => Promise<Caller>;
}

/** 200 while input is taken, else 503. A token that is sent must be right. */
export async function ready({ telemetry }: Shared, { c, isOutside, caller }: Asking): Promise<Response> {
  const reasons = telemetry.reasons();
  const isReady = reasons.length === 0;
  const isHeard = !isOutside || isFromHere(c) || (await isKnown(c, caller));
  return c.json({ ready: isReady, ...(isHeard ? { reasons } : {}) }, isReady ? 200 : 503);
}

/** For whoever may observe all sessions; for every process here where the settings say so, and nobody else is reached. */
export async function metrics({ telemetry }: Shared, { c, isOutside, caller }: Asking): Promise<Response> {
  if (isOutside || !telemetry.isOpen) (await caller('GET /metrics')).permit('observe', undefined);
  return c.body(await telemetry.scrape(), 200, { 'Content-Type': EXPOSITION_TYPE });
}

async function isKnown(c: Context, caller: Asking['caller']): Promise<boolean> {
  if (c.req.header('authorization') === undefined) return false;
  await caller('GET /health/ready');
  return true;
}

function isFromHere(c: Context): boolean {
  const { address = '' } = getConnInfo(c).remote;
  return isLoopback(address.replace(/^::ffff:/, ''));
}
