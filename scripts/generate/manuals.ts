import { COMMANDS } from '../../src/cli/specs.ts';
import { SETTINGS, type Setting } from '../../src/config/index.ts';
import { page, table } from './markdown.ts';

/** Who may set it, by what a project's file may do with it. */
const PROJECT: Readonly<Record<Setting['project'], string>> = {
  free: 'yes',
  lower: 'to lower it; when trusted, any',
  trusted: 'when trusted',
  never: 'no',
};

export function settingsPage(): string {
  const rows = SETTINGS.map((setting) => [
    `\`${setting.key}\``,
    [setting.meaning, setting.reason].filter((text) => text !== undefined).join(' '),
    setting.default === undefined ? '' : `\`${JSON.stringify(setting.default)}\``,
    allowed(setting),
    [setting.env, setting.flag]
      .filter((text) => text !== undefined)
      .map((text) => `\`${text}\``)
      .join(' '),
    PROJECT[setting.project],
  ]);
  return page(
    'Settings',
    "Keys of `config.jsonc` in a home, and of `.carrel/config.jsonc` in a project. A segment in capitals stands for any name. A flag beats the environment, that beats a project's file, that beats the home's. A value out of range or of the wrong kind refuses to start and names the key, the value, the bounds, the file and the line. As JSON Schema, for editors: [config.schema.json](schemas/config.schema.json). How to use them: [configuration](../guides/configuration.md).",
    table(['key', 'meaning', 'default', 'allowed', 'also as', 'in a project'], rows),
  );
}

function allowed({ kind, choices, form, minimum, maximum, unit, zero }: Setting): string {
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(' ');
  if (minimum === undefined && maximum === undefined) return form ?? kind;
  const range = `${minimum ?? ''} to ${maximum ?? ''}${unit === undefined ? '' : ` ${unit}`}`;
  return zero === undefined ? range : `${range}, or 0: ${zero}`;
}

export function cliPage(): string {
  const blocks = COMMANDS.flatMap(({ name, summary, args = [], options = [], details }) => [
    `## carrel ${name}`,
    `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`,
    rowsOrNothing(
      ['argument', 'meaning'],
      args.map((arg) => [`\`${arg.name}\``, withChoices(arg)]),
    ),
    rowsOrNothing(
      ['option', 'meaning'],
      options.map((option) => [`\`${option.flags}\``, withChoices(option)]),
    ),
    details,
  ]);
  return page(
    'Command line',
    'A session is addressed by its id, by its name in this folder, or by its name alone where only one folder has it; else `conflict` lists the candidates. Answers go to stdout, notes and progress to stderr.',
    table(['exit code', 'meaning'], EXITS),
    ...blocks,
  );
}

const EXITS = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'usage, or no model'],
  ['3', 'refused: a limit, or overload'],
  ['4', 'waiting for an approval'],
  ['130', 'cancelled'],
];

function rowsOrNothing(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : table(head, rows);
}

function withChoices({
  summary,
  choices,
}: {
  readonly summary: string;
  readonly choices?: readonly string[];
}): string {
  return choices === undefined
    ? summary
    : `${summary}: ${choices.map((choice) => `\`${choice}\``).join(' ')}`;
}
