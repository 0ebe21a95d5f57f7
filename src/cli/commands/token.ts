import { systemClock } from '../../base/index.ts';
import { createToken, listTokens, openAudit, revokeToken, type NamedToken } from '../../daemon/index.ts';
import { CarrelError, TokenScope } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { printValue } from '../render/value.ts';
import { table, type Column } from '../render/table.ts';
import { report } from '../report.ts';

/** Changes are written to the audit log before they are made: none is without its line. */
export async function run(invocation: Invocation): Promise<Exit> {
  const [action] = invocation.args;
  if (action === 'create') await create(invocation);
  else if (action === 'revoke') await revoke(invocation);
  else list(invocation);
  return EXIT.done;
}

async function create(invocation: Invocation): Promise<void> {
  const { options, terminal, json } = invocation;
  const name = nameOf(invocation);
  const now = systemClock.now();
  const given = options.texts('scope').map(scopeOf);
  const scopes = given.length === 0 ? ['observe' as const] : given;
  const sessions = options.texts('session');
  const lifeMs = options.durationMs('expires');
  await audit(invocation, `token create ${name} ${scopes.join(',')}`);
  const token = createToken(
    homeOf(invocation),
    {
      name,
      scopes,
      ...(sessions.length === 0 ? {} : { sessions }),
      ...(lifeMs === undefined ? {} : { expiresAt: now + lifeMs }),
    },
    now,
  );
  if (json) printValue(terminal.out, { name, token, scopes });
  else {
    terminal.out.write(`${token}\n`);
    note(invocation, 'info', 'this is the only time it is shown; carrel token revoke takes it back');
  }
}

function scopeOf(text: string): TokenScope {
  const scope = TokenScope.safeParse(text);
  if (scope.success) return scope.data;
  const message = `--scope is ${JSON.stringify(text)}; it must be one of ${TokenScope.options.join(', ')}`;
  throw new CarrelError('invalid_params', message);
}

async function revoke(invocation: Invocation): Promise<void> {
  const name = nameOf(invocation);
  await audit(invocation, `token revoke ${name}`);
  revokeToken(homeOf(invocation), name);
  report(invocation, `${name} lets nobody in any more; who used it is dropped within a second`, {
    revoked: name,
  });
}

function nameOf({ args }: Invocation): string {
  const name = args[1];
  if (name !== undefined) return name;
  throw new CarrelError('invalid_params', 'name the token: carrel token create NAME --scope observe');
}

function audit(invocation: Invocation, what: string): Promise<void> {
  return openAudit(homeOf(invocation).audit, systemClock).write({ who: 'owner', what, result: 'asked' });
}

function list(invocation: Invocation): void {
  const { terminal, json } = invocation;
  const tokens = listTokens(homeOf(invocation)).map(shown);
  if (json) printValue(terminal.out, tokens);
  else if (tokens.length === 0) note(invocation, 'info', 'there is no token but the owner’s');
  else terminal.out.write(table(terminal.out, COLUMNS, tokens));
}

type ShownToken = Omit<NamedToken, 'digest'>;

function shown(token: NamedToken): ShownToken {
  const { digest: _, ...rest } = token;
  return rest;
}

const COLUMNS: readonly Column<ShownToken>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'SCOPES', cell: ({ scopes }) => scopes.join(', ') },
  { head: 'SESSIONS', cell: ({ sessions }) => sessions?.join(', ') ?? 'all', max: 60 },
  { head: 'MADE', cell: ({ createdAt }) => date(createdAt) },
  { head: 'EXPIRES', cell: ({ expiresAt }) => (expiresAt === undefined ? 'never' : date(expiresAt)) },
];

function date(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');
}
