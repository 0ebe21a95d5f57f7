// Frames that follow each other in one part, as one: the same text in fewer words.
import type { DeltaFrame, FollowItem } from '../protocol/index.ts';

/** The last run that began with a frame. Viewers of one session have the same runs, and so share what becomes of them. */
const runs = new WeakMap<DeltaFrame, { readonly last: DeltaFrame; readonly joined: DeltaFrame }>();

export function coalesce<T extends FollowItem>(items: readonly T[]): readonly T[] {
  const out: T[] = [];
  for (let at = 0; at < items.length; at++) {
    const first = items[at];
    if (first === undefined) break;
    const end = first.type === 'delta' ? endOfRun(items, at) : at;
    const run: readonly FollowItem[] = items.slice(at, end + 1);
    out.push(end === at ? first : (joined(run as readonly DeltaFrame[]) as T));
    at = end;
  }
  return out;
}

function endOfRun(items: readonly FollowItem[], start: number): number {
  let end = start;
  while (continues(items[end], items[end + 1])) end++;
  return end;
}

function continues(one: FollowItem | undefined, next: FollowItem | undefined): boolean {
  if (one?.type !== 'delta' || next?.type !== 'delta') return false;
  return one.part === next.part && one.seq === next.seq && one.offset + one.text.length === next.offset;
}

function joined(run: readonly DeltaFrame[]): DeltaFrame {
  const [first, last] = [run[0] as DeltaFrame, run.at(-1) as DeltaFrame];
  const known = runs.get(first);
  if (known?.last === last) return known.joined;
  const one = { ...first, text: run.map(({ text }) => text).join('') };
  runs.set(first, { last, joined: one });
  return one;
}
