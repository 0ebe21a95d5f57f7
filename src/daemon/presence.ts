// Where the daemon of a home is: a file beside the journals, written when it is ready and removed when it stops. One that was
// left by a process that died is known by its pid.
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from '../base/index.ts';
import { readSmallFile, replaceFile } from '../config/index.ts';

const Presence = z.object({
  pid: z.int().positive(),
  /** Of HTTP and WebSocket. */
  url: z.string(),
  /** Path of the local socket, or name of the pipe. */
  socket: z.string(),
  version: z.string(),
  startedAt: z.int().nonnegative(),
});
export type Presence = z.infer<typeof Presence>;

export function writePresence(path: string, presence: Presence): void {
  replaceFile(path, `${JSON.stringify(presence)}\n`);
}

/** Undefined when there is none, it is damaged, or `holder`, the process that holds the home, is another. */
export function readPresence(path: string, holder: number | undefined): Presence | undefined {
  const content = readSmallFile(path);
  if (content === undefined || holder === undefined) return undefined;
  const parsed = parseJson(new TextDecoder().decode(content.bytes));
  const presence = Presence.safeParse(parsed.ok ? parsed.value : undefined);
  return presence.success && presence.data.pid === holder ? presence.data : undefined;
}

export function removePresence(path: string): void {
  rmSync(path, { force: true });
}
