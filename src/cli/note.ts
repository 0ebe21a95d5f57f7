import { stripControls } from '../base/index.ts';
import type { Invocation } from './invocation.ts';
import { mark, type Mark } from './render/style.ts';

/** Something worth knowing that is no answer: a line on `err`, as JSON beside JSON. */
export function note(
  { terminal: { err }, json }: Pick<Invocation, 'terminal' | 'json'>,
  kind: Mark,
  text: string,
): void {
  err.write(json ? `${JSON.stringify({ note: text })}\n` : `${mark(err, kind)} ${stripControls(text)}\n`);
}
