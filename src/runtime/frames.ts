// Frames of the profiles in use. Sessions of one profile share it and its frame: each has a copy in its journal, but not in memory.
import type { Frame, Profile } from '../protocol/index.ts';
import type { SessionState } from '../session/index.ts';
import type { Tools } from '../tool/index.ts';
import type { Equipment } from './equipment.ts';
import { day, dayNumber, frameOf, instructed, type FrameSources } from './frame.ts';

/** Profiles that are shared: as many as a host may have in use. */
const KEPT = 64;

interface InForce {
  readonly frame: Frame;
  readonly day: number;
  /** Of the blobs when it was made. */
  readonly generation: number;
}

export interface FramesOptions extends Pick<FrameSources, 'blobs' | 'clock' | 'instructions'> {
  readonly equip: (folder: string) => Promise<Equipment>;
}

export class Frames {
  readonly #options: FramesOptions;
  readonly #shared = new Map<string, Profile>();
  /** Of the tools that were there, by profile. */
  readonly #inForce = new WeakMap<Tools, WeakMap<Profile, InForce>>();

  constructor(options: FramesOptions) {
    this.#options = options;
  }

  /** The one copy of a profile like this. */
  share(profile: Profile): Profile {
    const key = JSON.stringify(profile);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    this.#shared.set(key, profile);
    const [oldest] = this.#shared.keys();
    if (this.#shared.size > KEPT && oldest !== undefined) this.#shared.delete(oldest);
    return profile;
  }

  /** The same with the instructions that are in force there. */
  async for(state: Pick<SessionState, 'profile' | 'folder'>): Promise<Frame> {
    return instructed(this.#options, await this.of(state), state);
  }

  /** For a turn that starts now in a folder, but for its instructions. Its blobs are synced; rejects with `store_unavailable` when they cannot be. */
  async of({ folder, profile }: { readonly folder: string; readonly profile: Profile }): Promise<Frame> {
    const { blobs, clock, equip } = this.#options;
    const { tools } = await equip(folder);
    const known = this.#knownOf(tools);
    const today = dayNumber(clock.now());
    let inForce = known.get(profile);
    while (inForce?.generation !== blobs.generation) {
      const { generation } = blobs;
      inForce = { frame: await frameOf({ blobs, clock, tools }, profile), day: today, generation };
      known.set(profile, inForce);
    }
    if (inForce.day !== today) {
      inForce = { ...inForce, frame: { ...inForce.frame, date: day(clock.now()) }, day: today };
      known.set(profile, inForce);
    }
    return inForce.frame;
  }

  #knownOf(tools: Tools): WeakMap<Profile, InForce> {
    const known = this.#inForce.get(tools) ?? new WeakMap<Profile, InForce>();
    this.#inForce.set(tools, known);
    return known;
  }
}
