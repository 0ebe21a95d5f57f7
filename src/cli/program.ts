// The table of commands as a parser. Commander parses and writes help; what a command is, the table says.
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CarrelError } from '../protocol/errors.ts';
import { EXIT, type Exit } from './exit.ts';
import { printFailure } from './failure.ts';
import type { CommandSpec, Invocation, OptionSpec } from './invocation.ts';
import { Options, parseDuration } from './options.ts';
import { COMMANDS } from './specs.ts';
import type { Terminal } from './terminal.ts';

/** What a process gives the command line. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly env: Invocation['env'];
  readonly folder: string;
  readonly version: string;
}

/** Runs one command line (without `node` and the script) and answers with its exit code. Never throws. */
export async function runProgram(argv: readonly string[], surroundings: Surroundings): Promise<Exit> {
  const { terminal } = surroundings;
  const json = argv.slice(0, endOfOptions(argv)).includes('--json');
  try {
    return await parse(argv, surroundings);
  } catch (error) {
    if (terminal.gone.aborted) return EXIT.done;
    if (!(error instanceof CommanderError)) return printFailure(error, terminal.err, json);
    if (error.exitCode === 0) return EXIT.done;
    return printFailure(usageError(error), terminal.err, json);
  }
}

function endOfOptions(argv: readonly string[]): number {
  const end = argv.indexOf('--');
  return end < 0 ? argv.length : end;
}

function usageError(error: CommanderError): CarrelError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\.?\n/g, ' ')
    .replace(/\.$/, '');
  return new CarrelError('invalid_params', `${message}; see carrel --help`, { cause: error });
}

async function parse(argv: readonly string[], surroundings: Surroundings): Promise<Exit> {
  let exit: Exit = EXIT.done;
  const start = async (
    spec: Pick<CommandSpec, 'load'>,
    args: readonly string[],
    values: Record<string, unknown>,
  ): Promise<void> => {
    const { run } = await spec.load();
    const { terminal, env, folder } = surroundings;
    exit = await run({
      args,
      options: new Options(values),
      terminal,
      env,
      folder,
      json: values['json'] === true,
    });
  };
  const program = root(surroundings);
  if (argv.length === 0) {
    await start({ load: () => import('./commands/prompt.ts') }, [], {});
    return exit;
  }
  for (const spec of COMMANDS) {
    program.addCommand(
      child(spec, surroundings).action((...given: unknown[]) => start(spec, ...taken(given))),
    );
  }
  await program.parseAsync(argv, { from: 'user' });
  return exit;
}

/** Commander hands over one value per declared argument, then the options, then the command. */
function taken(given: readonly unknown[]): [string[], Record<string, unknown>] {
  const args = given.slice(0, -2).filter((value) => typeof value === 'string');
  return [args, given.at(-2) as Record<string, unknown>];
}

function root({ terminal, version }: Surroundings): Command {
  return quiet(new Command('carrel'), terminal)
    .description('Durable sessions of AI agents: leave, come back, go on.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command');
}

function child(spec: CommandSpec, { terminal }: Surroundings): Command {
  const command = quiet(new Command(spec.name), terminal).description(spec.summary);
  command.helpOption('-h, --help', 'print this help');
  for (const { name, summary, choices } of spec.args ?? []) {
    const argument = new Argument(name, summary);
    command.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const option of spec.options ?? []) command.addOption(toOption(option));
  return spec.details === undefined ? command : command.addHelpText('after', `\n${spec.details}`);
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.flags.endsWith(DURATION)) option.argParser(checkedDuration);
  if (spec.repeatable)
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return option;
}

const DURATION = '<duration>';

/** Refused here, before a command has begun anything. */
function checkedDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Give a time such as 500ms, 30s, 5m, 2h or 1d.');
  return ms;
}

/** Help goes to the terminal it was given; errors are thrown and printed by the one printer. */
function quiet(command: Command, terminal: Terminal): Command {
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => terminal.out.columns,
      getOutHasColors: () => terminal.out.colour,
    });
}
