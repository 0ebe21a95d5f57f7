// The texts that stand before every conversation. A function of the frame's blobs and of where the session works.
import type { Instruction } from '../protocol/index.ts';

export interface InForce {
  readonly prompt: string;
  readonly instructions: readonly Instruction[];
  readonly folder: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
}

/** Said to the model before anything else. It changes with the turn's frame alone, so that a provider's cache of it holds. */
export function systemText({ prompt, instructions, folder, date }: InForce): string {
  return `${[prompt, ...instructions.map(instructionText)].join('\n\n')}\n\nThe working folder is ${folder}. Today is ${date}.`;
}

/** What a person wrote for agents, with where it stands: what comes later is nearer, and counts more. */
export function instructionText({ from, text, cut }: Instruction): string {
  const more = cut === true ? '\n[There is more in the file.]' : '';
  return `Instructions from ${from}:\n\n${text}${more}`;
}
