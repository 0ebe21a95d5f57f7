import { cutStart, stripControls } from '../../base/index.ts';

// Emoji and the East Asian wide and full-width blocks take two cells on a terminal; marks and joiners take none.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u;

const cellsOf = (character: string): number => (NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Cells that `text` takes on a terminal, near enough to align a table. */
export function cells(text: string): number {
  let sum = 0;
  for (const character of text) sum += cellsOf(character);
  return sum;
}

/** `text` as one safe line of at most `limit` cells, ending in `…` when it was cut. */
export function fit(text: string, limit: number): string {
  const flat = stripControls(cutStart(text, limit * 8))
    .replace(/\s+/g, ' ')
    .trim();
  if (cells(flat) <= limit) return flat;
  let [kept, used] = ['', 1];
  for (const character of flat) {
    used += cellsOf(character);
    if (used > limit) break;
    kept += character;
  }
  return `${kept}…`;
}
