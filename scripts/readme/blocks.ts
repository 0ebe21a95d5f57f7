/** A piece of shell in a document that is marked to be run: its info string is `sh run`, or `sh run exit=N`. */
export interface Block {
  /** Of the line of its opening fence. */
  readonly line: number;
  readonly script: string;
  /** The exit code that the document promises. */
  readonly exit: number;
}

const FENCE = /^```sh run(?: exit=(\d+))?\n([\s\S]*?)^```$/gm;

export function runnableBlocks(text: string): Block[] {
  return [...text.matchAll(FENCE)].map(({ index, 1: exit = '0', 2: script = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    script,
    exit: Number(exit),
  }));
}

/** Fences that mean to be run but say it in a way that `runnableBlocks` would pass over. */
export function misspelt(text: string): number[] {
  return text.split('\n').flatMap((line, i) => {
    const meant = /^\s*(```|~~~)\s*\w+\s.*\brun\b/.test(line);
    return meant && !/^```sh run( exit=\d+)?$/.test(line) ? [i + 1] : [];
  });
}
