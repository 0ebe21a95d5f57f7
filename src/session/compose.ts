// The texts that stand before every conversation. A function of the frame's blobs and of where the session works.
export interface InForce {
  readonly prompt: string;
  readonly folder: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
}

/** Said to the model before anything else. It changes with the turn's frame alone, so that a provider's cache of it holds. */
export function systemText({ prompt, folder, date }: InForce): string {
  return `${prompt}\n\nThe working folder is ${folder}. Today is ${date}.`;
}
