// What every part of the runtime is given: ports, limits and counters. No part reaches for anything else.
import type { Clock, Random } from '../base/index.ts';
import type { Grant } from '../protocol/index.ts';
import type { Store } from '../store/index.ts';
import type { FileLocks } from '../tool/index.ts';
import type { Admission } from './admission/index.ts';
import type { Beat } from './beat.ts';
import type { Conversations } from './conversations.ts';
import type { Equipment } from './equipment.ts';
import type { Frames } from './frames.ts';
import type { Observe } from './observe.ts';
import type { Keyring } from './keyring.ts';
import type { TextBlobs } from './text-blobs.ts';

export interface Scope {
  readonly store: Store;
  /** Files that turns have changed and keep from others while they work. */
  readonly files: FileLocks;
  /** What counts now for the sessions of a folder. Never rejects. */
  readonly equip: (folder: string) => Promise<Equipment>;
  readonly clock: Clock;
  readonly random: Random;
  readonly owner: string;
  readonly blobs: TextBlobs;
  readonly frames: Frames;
  readonly conversations: Conversations;
  /** When streaming text is written. */
  readonly tailBeat: Beat;
  readonly admission: Admission;
  readonly keyring: Keyring;
  /** Keeps a permission that holds for every session. */
  readonly saveGrant: (grant: Grant) => Promise<void>;
  /** Resident memory of the process. */
  readonly memoryBytes: () => number;
  /** Hears what is measured. */
  readonly observe: Observe;
  /** Something failed that nobody waits for. */
  readonly fault: (what: string, error: unknown, session?: string) => void;
}

/** A number from 0 (inclusive) to 1, from the injected randomness. */
export function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;
}
