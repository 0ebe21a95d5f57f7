// Frames of the profiles in use. Sessions of one profile share it and its frame: each has a copy in its journal, but not in memory.
import type { Frame, Profile } from '../protocol/index.ts';
import { day, dayNumber, frameOf, type FrameSources } from './frame.ts';

/** Profiles that are shared: as many as a host may have in use. */
const KEPT = 64;

interface InForce {
  readonly frame: Frame;
  readonly day: number;
  /** Of the blobs when it was made. */
  readonly generation: number;
}

export class Frames {
  readonly #sources: FrameSources;
  readonly #shared = new Map<string, Profile>();
  readonly #inForce = new WeakMap<Profile, InForce>();

  constructor(sources: FrameSources) {
    this.#sources = sources;
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

  /** For a turn that starts now. Its blobs are synced; rejects with `store_unavailable` when they cannot be. */
  async of(profile: Profile): Promise<Frame> {
    const { blobs, clock } = this.#sources;
    const today = dayNumber(clock.now());
    let inForce = this.#inForce.get(profile);
    while (inForce?.generation !== blobs.generation) {
      const { generation } = blobs;
      inForce = { frame: await frameOf(this.#sources, profile), day: today, generation };
      this.#inForce.set(profile, inForce);
    }
    if (inForce.day !== today) {
      inForce = { ...inForce, frame: { ...inForce.frame, date: day(clock.now()) }, day: today };
      this.#inForce.set(profile, inForce);
    }
    return inForce.frame;
  }
}
