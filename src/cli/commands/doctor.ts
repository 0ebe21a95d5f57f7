import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import type { Check } from '../check.ts';
import { checkAll } from '../checks.ts';
import { mark } from '../render/style.ts';
import { printValue } from '../render/value.ts';
import { stripControls } from '../../base/index.ts';

/** Exit 1 when anything is wrong. Changes nothing. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { out } = invocation.terminal;
  const checks = await checkAll(invocation);
  const ok = checks.every((check) => check.ok);
  if (invocation.json) printValue(out, { ok, checks });
  else for (const check of checks) out.write(lines(invocation, check));
  return ok ? EXIT.done : EXIT.failed;
}

function lines({ terminal: { out } }: Invocation, { name, ok, what, remedy }: Check): string {
  const head = `${mark(out, ok ? 'ok' : 'failed')} ${name}: ${stripControls(what)}\n`;
  return remedy === undefined ? head : `${head}  → ${stripControls(remedy)}\n`;
}
