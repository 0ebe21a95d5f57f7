import type { Exit } from './exit.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal.ts';

/** What one command line asks for. Commands get everything from here: no argv, no environment, no working folder elsewhere. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute and real: where names are looked up first. */
  readonly folder: string;
  /** One JSON value, or one object a line. */
  readonly json: boolean;
}

export interface CommandModule {
  /** Does the command. What it throws is printed by the one printer of errors. */
  run(invocation: Invocation): Promise<Exit>;
}

/** A command as data: parsing, help, completion and the reference are made from it. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** `<needed>`, `[optional]`, `[several...]`. */
  readonly args?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** What help adds below. */
  readonly details?: string;
  /** Loaded only when it is asked for: a list must not pay for a model's code. */
  readonly load: () => Promise<CommandModule>;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly choices?: readonly string[];
}

export interface OptionSpec {
  /** `-m, --model <provider/model>`; a value in `[]` may be given several times. */
  readonly flags: string;
  readonly summary: string;
  readonly repeatable?: true;
  readonly choices?: readonly string[];
}
