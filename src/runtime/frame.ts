// What is in force for a turn: its texts are blobs, so that a request can be made again from the journal alone.
import { canonicalJson, type Clock } from '../base/index.ts';
import type { Frame, Profile, ToolSpec } from '../protocol/index.ts';
import { visibleTools, type Tools } from '../tool/index.ts';
import type { TextBlobs } from './text-blobs.ts';

/** What frames are made of, and read back from. */
export interface FrameSources {
  readonly blobs: TextBlobs;
  readonly tools: Tools;
  readonly clock: Clock;
}

export interface Texts {
  readonly prompt: string;
  readonly tools: readonly ToolSpec[];
}

const DAY_LENGTH = 'YYYY-MM-DD'.length;
const DAY_MS = 24 * 60 * 60_000;

/** The UTC day, as a number for comparing and as text for reading. */
export function dayNumber(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

export function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, DAY_LENGTH);
}

/** Writes the profile's texts as blobs (they are there already, but for the first time) and names them. */
export async function frameOf(sources: FrameSources, profile: Profile): Promise<Frame> {
  const specs = visibleTools(sources.tools, {
    mode: profile.mode,
    names: profile.tools,
    deny: profile.deny,
  }).map(({ name, description, parameters }): ToolSpec => ({ name, description, parameters }));
  const prompt = await sources.blobs.put(profile.prompt);
  const tools = await sources.blobs.put(canonicalJson(specs));
  return { prompt, tools, model: profile.model, date: day(sources.clock.now()) };
}

/** Reads a frame's texts back. */
export async function textsOf(
  { blobs }: { readonly blobs: Pick<TextBlobs, 'get'> },
  frame: Frame,
): Promise<Texts> {
  const prompt = await blobs.get(frame.prompt);
  const tools = await blobs.get(frame.tools);
  return { prompt, tools: JSON.parse(tools) as ToolSpec[] };
}
