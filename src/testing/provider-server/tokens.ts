const CHARACTERS_PER_TOKEN = 4;

/** A rough count: good enough for usage that nobody scripted. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
