// What is in force for a turn: its texts are blobs, so that a request can be made again from the journal alone.
import { canonicalJson } from '../base/index.ts';
import type { Frame, Profile, ToolSpec } from '../protocol/index.ts';
import { visibleTools } from '../tool/index.ts';
import type { Scope } from './scope.ts';

export interface Texts {
  readonly prompt: string;
  readonly tools: readonly ToolSpec[];
}

const DAY_LENGTH = 'YYYY-MM-DD'.length;

export function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, DAY_LENGTH);
}

/** Writes the profile's texts as blobs (they are there already, but for the first time) and names them. */
export async function frameOf(scope: Scope, profile: Profile): Promise<Frame> {
  const specs = visibleTools(scope.tools, {
    mode: profile.mode,
    names: profile.tools,
    deny: profile.deny,
  }).map(({ name, description, parameters }): ToolSpec => ({ name, description, parameters }));
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const prompt = await scope.store.putBlob(bytes(profile.prompt));
  const tools = await scope.store.putBlob(bytes(canonicalJson(specs)));
  return { prompt, tools, model: profile.model, date: day(scope.clock.now()) };
}

/** Reads a frame's texts back. */
export async function textsOf(scope: Scope, frame: Frame): Promise<Texts> {
  const prompt = await scope.store.getBlob(frame.prompt);
  const tools = await scope.store.getBlob(frame.tools);
  const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  return {
    prompt: decode(prompt),
    tools: tools === undefined ? [] : (JSON.parse(decode(tools)) as ToolSpec[]),
  };
}
