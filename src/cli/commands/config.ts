import { isJsonObject, type Json } from '../../base/index.ts';
import {
  describeOrigin,
  editConfig,
  keyPath,
  loadConfig,
  redacted,
  valueFromText,
  type Config,
} from '../../config/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { report } from '../report.ts';
import { printValue } from '../render/value.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { args, terminal, json } = invocation;
  const [action = '', key, value] = args;
  const home = homeOf(invocation);
  if (action === 'path') {
    if (json) printValue(terminal.out, home);
    else terminal.out.write(`${home.config}\n`);
    return Promise.resolve(EXIT.done);
  }
  if (action === 'set') {
    if (key === undefined)
      throw new CarrelError(
        'invalid_params',
        'give a key and its value: carrel config set limits.maxSteps 20',
      );
    const given = value === undefined ? undefined : valueFromText(key, value);
    editConfig(home, [{ key, value: given }]);
    const done = value === undefined ? 'has its default again' : `is set in ${home.config}`;
    report(invocation, `${key} ${done}`, { key, file: home.config });
    return EXIT.done;
  }
  const config = loadConfig({ home, folder: invocation.folder, env: invocation.env });
  for (const text of config.notices) note(invocation, 'warn', text);
  print(invocation, { config, key, explain: action === 'explain' });
  return EXIT.done;
}

interface Wanted {
  readonly config: Config;
  readonly key: string | undefined;
  readonly explain: boolean;
}

function print({ terminal, json }: Invocation, { config, key, explain }: Wanted): void {
  const value = key === undefined ? redacted(config) : valueAt(redacted(config), key);
  if (!explain) {
    if (typeof value === 'string' && !json) terminal.out.write(`${value}\n`);
    else printValue(terminal.out, value);
    return;
  }
  const rows = leavesOf(value, key ?? '').map((leaf) => ({
    ...leaf,
    origin: describeOrigin(config.origin(leaf.key)),
  }));
  if (json) printValue(terminal.out, rows);
  else
    for (const row of rows)
      terminal.out.write(`${row.key} = ${JSON.stringify(row.value)}   (${row.origin})\n`);
}

function valueAt(whole: Json, key: string): Json {
  let value: Json | undefined = whole;
  for (const name of keyPath(key))
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (value !== undefined) return value;
  throw new CarrelError('not_found', `${key} is not set; carrel config get shows everything that is`, {
    data: { key },
  });
}

/** The values below `key`, each with its own; a list is one value. */
function leavesOf(value: Json, key: string): { key: string; value: Json }[] {
  if (!isJsonObject(value)) return [{ key, value }];
  return Object.entries(value).flatMap(([name, inner]) => {
    const segment = name.includes('.') ? `"${name}"` : name;
    return leavesOf(inner, key === '' ? segment : `${key}.${segment}`);
  });
}
