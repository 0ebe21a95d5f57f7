// What is in force for a turn: its texts are blobs, so that a request can be made again from the journal alone.
import { canonicalJson, type Clock } from '../base/index.ts';
import type { Frame, Instruction, Profile, ToolSpec } from '../protocol/index.ts';
import type { SessionState } from '../session/index.ts';
import { visibleTools, type Tools } from '../tool/index.ts';
import type { TextBlobs } from './text-blobs.ts';

/** What frames are made of, and read back from. */
export interface FrameSources {
  /** What people tell agents in files, for a folder; without it nothing. */
  readonly instructions?: ((folder: string, limitBytes: number) => readonly Instruction[]) | undefined;
  readonly blobs: TextBlobs;
  readonly tools: Tools;
  readonly clock: Clock;
}

export interface Texts {
  readonly prompt: string;
  readonly instructions: readonly Instruction[];
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

/** Bytes of instructions where the profile says nothing. */
const INSTRUCTION_BYTES = 64 * 1024;

/** The frame with the instructions that are in force in `folder` now, if the profile wants any. */
export async function instructed(
  { blobs, instructions }: Pick<FrameSources, 'blobs' | 'instructions'>,
  frame: Frame,
  { profile, folder }: Pick<SessionState, 'profile' | 'folder'>,
): Promise<Frame> {
  if (instructions === undefined || profile.instructions !== true) return frame;
  const files = instructions(folder, profile.limits.instructionBytes ?? INSTRUCTION_BYTES);
  if (files.length === 0) return frame;
  return { ...frame, instructions: await blobs.put(canonicalJson(files.map((file) => ({ ...file })))) };
}

/** Reads a frame's texts back. */
export async function textsOf(
  { blobs }: { readonly blobs: Pick<TextBlobs, 'get'> },
  frame: Frame,
): Promise<Texts> {
  const prompt = await blobs.get(frame.prompt);
  const tools = await blobs.get(frame.tools);
  const files = frame.instructions === undefined ? '[]' : await blobs.get(frame.instructions);
  return {
    prompt,
    instructions: JSON.parse(files) as Instruction[],
    tools: JSON.parse(tools) as ToolSpec[],
  };
}
