import { systemClock } from '../../base/index.ts';
import { capabilitiesOf, PRACTICE_ID, practiceModel, serviceOf } from '../../model/index.ts';
import { CarrelError, type Price } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { checkProvider, type ProviderCheck } from '../provider-check.ts';
import { mark } from '../render/style.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';
import { report } from '../report.ts';
import { askRunning } from '../running.ts';
import { price } from '../render/money.ts';
import { loadSetting, usableProviders, type Setting } from '../setting.ts';

interface Row {
  readonly model: string;
  readonly provider: string;
  readonly default: boolean;
  readonly contextTokens: number | null;
  readonly outputTokens: number | null;
  /** Dollars for a million tokens; null is unknown. */
  readonly price: Price | null;
}

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const reset = options.text('reset');
  if (reset !== undefined) return resetProvider(invocation, reset);
  const setting = loadSetting(invocation, invocation.folder);
  for (const text of setting.config.notices) note(invocation, 'warn', text);
  const usable = usableProviders(setting);
  const names = new Set([...usable.map(({ name }) => name), providerOf(PRACTICE_ID)]);
  const ids = new Set(setting.models.list().filter((id) => names.has(providerOf(id))));
  if (setting.config.model !== 'auto') ids.add(setting.config.model);
  const rows = [...ids].map((model) => ({
    model,
    provider: providerOf(model),
    default: model === setting.config.model,
    ...known(setting, model),
  }));
  const checks = options.flag('check')
    ? await Promise.all(usable.map((provider) => checkProvider(provider)))
    : [];
  if (json) printValue(terminal.out, { models: rows, ...(options.flag('check') ? { checks } : {}) });
  else {
    terminal.out.write(table(terminal.out, COLUMNS, rows));
    for (const check of checks)
      terminal.out.write(`${mark(terminal.out, check.ok ? 'ok' : 'failed')} ${sentence(check)}\n`);
  }
  return checks.every((check) => check.ok) ? EXIT.done : EXIT.failed;
}

/** Failures are remembered by the process that met them, and forgotten with it. */
async function resetProvider(invocation: Invocation, provider: string): Promise<Exit> {
  const done = await askRunning(invocation, ({ link }) => link.call('provider/reset', { provider }));
  if (done === undefined)
    throw new CarrelError('host_unavailable', `no daemon runs, so none leaves ${provider} alone`);
  report(invocation, `${provider} is asked again`, { provider });
  return EXIT.done;
}

/** Also of a model that cannot be asked, because its key is missing. */
function known({ providers }: Setting, id: string): Pick<Row, 'contextTokens' | 'outputTokens' | 'price'> {
  const provider = providers.find(({ name }) => name === providerOf(id));
  const model = id.slice(id.indexOf('/') + 1);
  const { contextTokens, outputTokens, price } =
    id === PRACTICE_ID
      ? practiceModel({ clock: systemClock }).capabilities
      : capabilitiesOf(model, provider?.models?.[model], provider && serviceOf(provider));
  return { contextTokens: contextTokens ?? null, outputTokens: outputTokens ?? null, price: price ?? null };
}

const providerOf = (id: string): string => id.slice(0, id.indexOf('/'));

function sentence({ provider, what, models }: ProviderCheck): string {
  const some =
    models.length === 0
      ? ''
      : `; it serves ${models.slice(0, 20).join(', ')}${models.length > 20 ? ' …' : ''}`;
  return `${provider}: ${what}${some}`;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'MODEL', cell: (row) => row.model },
  { head: 'PROVIDER', cell: (row) => row.provider },
  {
    head: 'WINDOW',
    cell: (row) => (row.contextTokens === null ? 'unknown' : String(row.contextTokens)),
  },
  { head: 'PRICE', cell: (row) => price(row.price ?? undefined) },
  { head: 'DEFAULT', cell: (row) => (row.default ? 'yes' : '') },
];
