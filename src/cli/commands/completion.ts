import { EXIT, type Exit } from '../exit.ts';
import type { CommandSpec, Invocation } from '../invocation.ts';
import { COMMANDS } from '../specs.ts';

export async function run({ args, terminal }: Invocation): Promise<Exit> {
  terminal.out.write((SCRIPTS[args[0] ?? ''] ?? bash)(COMMANDS));
  return Promise.resolve(EXIT.done);
}

const SCRIPTS: Readonly<Record<string, (commands: readonly CommandSpec[]) => string>> = { bash, zsh, fish };

/** The words that may follow a command: its flags, and the values of arguments that have a fixed choice. */
function words(command: CommandSpec): string[] {
  const flags = (command.options ?? []).flatMap(({ flags }) => flags.match(/--?[a-z-]+/gi) ?? []);
  return [...(command.args ?? []).flatMap(({ choices }) => choices ?? []), ...flags];
}

function takesSession(command: CommandSpec): boolean {
  return command.args?.[0]?.name === '<session>';
}

const sessionCommands = (commands: readonly CommandSpec[]): string[] =>
  commands.filter(takesSession).map(({ name }) => name);

/** Names of this folder's sessions, one a line; quiet when there are none. */
const NAMES = `carrel list 2>/dev/null | awk 'NR > 1 { print $1 }'`;

function bash(commands: readonly CommandSpec[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${words(command).join(' ')}" ;;`);
  return `_carrel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} help"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
    case "\${COMP_WORDS[1]}" in
    ${sessionCommands(commands).join('|')}) [ "$COMP_CWORD" -eq 2 ] && words="$words $(${NAMES})" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _carrel carrel
`;
}

/** zsh runs bash's completion functions. */
function zsh(commands: readonly CommandSpec[]): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: readonly CommandSpec[]): string {
  const quote = (text: string): string => `'${text.replace(/'/g, "\\'")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c carrel -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`,
    ...(command.options ?? []).map((option) => {
      const [, short, long] = /^(?:-(\w), )?--([a-z-]+)/.exec(option.flags) ?? [];
      const value = option.flags.includes('<') ? ' -r' : '';
      return `complete -c carrel -n '__fish_seen_subcommand_from ${command.name}'${short === undefined ? '' : ` -s ${short}`} -l ${long ?? ''}${value} -d ${quote(option.summary)}`;
    }),
  ]);
  const names = `complete -c carrel -n '__fish_seen_subcommand_from ${sessionCommands(commands).join(' ')}' -a "(${NAMES.replace(/"/g, '\\"')})"`;
  return `${[...lines, names].join('\n')}\n`;
}
