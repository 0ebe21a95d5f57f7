// The state of the daemon for those who read files and not HTTP. It is replaced whole, and says when that was and until when to
// believe it: a daemon that hangs writes no more.
import { rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../../base/index.ts';
import { readSmallFile } from '../../config/index.ts';

export const HealthFile = z.object({
  /** When it was written, epoch ms. */
  at: z.int(),
  /** After this nobody has looked after it for too long. */
  validUntil: z.int(),
  pid: z.int(),
  version: z.string(),
  ready: z.boolean(),
  reasons: z.array(z.string()),
  live: z.int(),
  turns: z.int(),
  viewers: z.int(),
  connections: z.int(),
  memoryBytes: z.int(),
  /** What telemetry could not get rid of so far. */
  sinkFailures: z.int(),
});
export type HealthFile = z.infer<typeof HealthFile>;

/** Whole or not at all. Not synced: it is of no use after a power cut. */
export async function writeHealth(path: string, health: HealthFile): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, `${JSON.stringify(health, null, 2)}\n`, { mode: 0o600 });
  await rename(beside, path);
}

export async function removeHealth(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Undefined when there is none, or it is damaged. */
export function readHealth(path: string): HealthFile | undefined {
  const content = readSmallFile(path);
  if (content === undefined) return undefined;
  const parsed = parseJson(new TextDecoder().decode(content.bytes));
  return HealthFile.safeParse(parsed.ok ? parsed.value : undefined).data;
}

/** Whether whoever wrote it still looks after it. */
export function isStale({ validUntil }: HealthFile, nowMs: number): boolean {
  return nowMs > validUntil;
}
