import { systemClock } from '../../base/index.ts';
import {
  createToken,
  listTokens,
  openAudit,
  OWNER_NAME,
  revokeToken,
  rotateToken,
  type NamedToken,
} from '../../daemon/index.ts';
import { CarrelError, codeOf, TokenScope } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { printValue } from '../render/value.ts';
import { table, type Column } from '../render/table.ts';
import { report } from '../report.ts';

/** How long a replaced one still counts when nothing is said: programs that read it once a day are told, those of a person ask anew. */
const GRACE_MS = 60 * 60_000;
/** Longer is no grace but a second token: make one. */
const MAX_GRACE_MS = 7 * 24 * 60 * 60_000;

/** Changes are written to the audit log before they are made, and then how they ended: none is without its line. */
export async function run(invocation: Invocation): Promise<Exit> {
  const [action] = invocation.args;
  if (action === 'create') await create(invocation);
  else if (action === 'revoke') await revoke(invocation);
  else if (action === 'rotate') await rotate(invocation);
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
  const request = {
    name,
    scopes,
    ...(sessions.length === 0 ? {} : { sessions }),
    ...(lifeMs === undefined ? {} : { expiresAt: now + lifeMs }),
  };
  const token = await audited(invocation, `token create ${name} ${scopes.join(',')}`, () =>
    createToken(homeOf(invocation), request, now),
  );
  if (json) printValue(terminal.out, { name, token, scopes });
  else {
    terminal.out.write(`${token}\n`);
    note(invocation, 'info', 'this is the only time it is shown; carrel token revoke takes it back');
  }
}

/** The owner's is not shown: it is in its file, where programs look for it. */
async function rotate(invocation: Invocation): Promise<void> {
  const { options, terminal, json, args } = invocation;
  const name = args[1] ?? OWNER_NAME;
  const graceMs = options.flag('now') ? 0 : graceOf(options.durationMs('grace'));
  const now = systemClock.now();
  const token = await audited(invocation, `token rotate ${name} grace ${String(graceMs)} ms`, () =>
    rotateToken(homeOf(invocation), { name, graceMs }, now),
  );
  const until = new Date(now + graceMs).toISOString();
  const isOwner = name === OWNER_NAME;
  const old = graceMs === 0 ? 'the old one lets nobody in any more' : `the old one counts until ${until}`;
  if (json) printValue(terminal.out, { name, ...(isOwner ? {} : { token }), oldUntil: now + graceMs });
  else if (isOwner) note(invocation, 'ok', `${homeOf(invocation).token} holds a new token; ${old}`);
  else {
    terminal.out.write(`${token}\n`);
    note(invocation, 'info', `this is the only time it is shown; ${old}`);
  }
}

function graceOf(given: number | undefined): number {
  const graceMs = given ?? GRACE_MS;
  if (graceMs <= MAX_GRACE_MS) return graceMs;
  const message = `--grace is ${String(graceMs / 1000)} s; at most 7d: for longer, make another token beside it`;
  throw new CarrelError('invalid_params', message, { data: { limit: MAX_GRACE_MS } });
}

function scopeOf(text: string): TokenScope {
  const scope = TokenScope.safeParse(text);
  if (scope.success) return scope.data;
  const message = `--scope is ${JSON.stringify(text)}; it must be one of ${TokenScope.options.join(', ')}`;
  throw new CarrelError('invalid_params', message);
}

async function revoke(invocation: Invocation): Promise<void> {
  const name = nameOf(invocation);
  await audited(invocation, `token revoke ${name}`, () => revokeToken(homeOf(invocation), name));
  report(invocation, `${name} lets nobody in any more; who used it is dropped within a second`, {
    revoked: name,
  });
}

function nameOf({ args }: Invocation): string {
  const name = args[1];
  if (name !== undefined) return name;
  throw new CarrelError('invalid_params', 'name the token: carrel token create NAME --scope observe');
}

/** If only the second line fails, the change was made all the same: its secret must not be lost with it. */
async function audited<T>(invocation: Invocation, what: string, change: () => T): Promise<T> {
  const audit = openAudit(homeOf(invocation).audit, systemClock);
  const entry = { who: OWNER_NAME, what };
  await audit.write({ ...entry, result: 'asked' });
  let result = 'ok';
  try {
    return change();
  } catch (error) {
    result = codeOf(error);
    throw error;
  } finally {
    await audit
      .write({ ...entry, result })
      .catch((error: unknown) => note(invocation, 'warn', `the audit log: ${String(error)}`));
  }
}

function list(invocation: Invocation): void {
  const { terminal, json } = invocation;
  const tokens = listTokens(homeOf(invocation)).map(shown);
  if (json) printValue(terminal.out, tokens);
  else if (tokens.length === 0) note(invocation, 'info', 'there is no token but the owner’s');
  else terminal.out.write(table(terminal.out, COLUMNS, tokens));
}

type ShownToken = Omit<NamedToken, 'digest' | 'replaced'> & { readonly oldUntil?: number };

/** Without digests; `oldUntil` is how long the last one that was replaced counts. */
function shown(token: NamedToken): ShownToken {
  const { digest: _, replaced = [], ...rest } = token;
  const oldUntil = Math.max(0, ...replaced.map(({ until }) => until));
  return oldUntil > systemClock.now() ? { ...rest, oldUntil } : rest;
}

const COLUMNS: readonly Column<ShownToken>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'SCOPES', cell: ({ scopes }) => scopes.join(', ') },
  { head: 'SESSIONS', cell: ({ sessions }) => sessions?.join(', ') ?? 'all', max: 60 },
  { head: 'MADE', cell: ({ createdAt }) => date(createdAt) },
  { head: 'OLD UNTIL', cell: ({ oldUntil }) => (oldUntil === undefined ? '' : date(oldUntil)) },
  { head: 'EXPIRES', cell: ({ expiresAt }) => (expiresAt === undefined ? 'never' : date(expiresAt)) },
];

function date(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');
}
