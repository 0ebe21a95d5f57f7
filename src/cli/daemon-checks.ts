// What `carrel doctor` looks at while a daemon serves the home: every way in is really gone through, and what it says of itself is read.
import { existsSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { connectWebSocket, type Client } from '../client/index.ts';
import { connectHome } from '../client/node/index.ts';
import type { Home } from '../config/index.ts';
import { isStale, ownerToken, parseExposition, readHealth, type Presence } from '../daemon/index.ts';
import { CarrelError, ERRORS, toErrorInfo } from '../protocol/errors.ts';
import type { Check } from './check.ts';

/** Each of them answers in milliseconds, or hangs. */
const PATIENCE_MS = 5_000;
const RESTART = 'carrel daemon restart; logs/daemon.log in the home says more';

export interface DaemonUnderTest {
  readonly home: Home;
  /** Undefined when none serves the home. */
  readonly presence: Presence | undefined;
  readonly now: number;
  /** For each answer, ms. */
  readonly patienceMs?: number;
}

interface Door extends DaemonUnderTest {
  readonly presence: Presence;
  readonly token: string;
  readonly signal: AbortSignal;
}

/** What was found, in words; throws what is wrong. */
type Look = (door: Door) => Promise<string> | string;

const DOORS: Readonly<Record<string, Look>> = {
  'daemon live': async (door) => (await answered(door, '/health/live')) && 'it answers',
  'daemon ready': checkReady,
  'daemon metrics': checkMetrics,
  'daemon rpc': checkRpc,
  'daemon events': checkEvents,
  'daemon websocket': ({ presence, token }) => asked(connectWebSocket({ url: presence.url, token })),
  'daemon socket': async ({ home, presence }) => {
    privateFile(presence.socket);
    return asked(connectHome({ home: home.dataFolder }));
  },
};

/** In a fixed order; none of them hides another. */
export async function checkDaemon(daemon: DaemonUnderTest): Promise<readonly Check[]> {
  const { home, presence, patienceMs = PATIENCE_MS } = daemon;
  if (presence === undefined) return [absent(daemon)];
  const token = attempt('daemon token', () => checkToken(home));
  const found: Check[] = [
    {
      name: 'daemon',
      ok: true,
      what: `process ${String(presence.pid)}, version ${presence.version}, at ${presence.url}`,
    },
    await token,
  ];
  if (found.every(({ ok }) => ok)) {
    const secret = ownerToken(home);
    const looks = Object.entries(DOORS).map(([name, look]) =>
      attempt(name, () =>
        look({ ...daemon, presence, token: secret, signal: AbortSignal.timeout(patienceMs) }),
      ),
    );
    found.push(...(await Promise.all(looks)));
  }
  return [...found, await attempt('daemon health file', () => checkHealth(daemon))];
}

/** One that stops as it should removes its file. */
function absent({ home }: DaemonUnderTest): Check {
  const name = 'daemon';
  const left = readHealth(home.health);
  if (left === undefined) return { name, ok: true, what: 'none serves this home' };
  return {
    name,
    ok: false,
    what: `none serves this home, and process ${String(left.pid)}, which did until ${new Date(left.at).toISOString()}, ended without a word`,
    remedy: `carrel daemon start; logs/daemon.log says what it did last`,
  };
}

async function attempt(name: string, look: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, what: await look() };
  } catch (error) {
    const { code, message } = toErrorInfo(error);
    const hangs = error instanceof DOMException && error.name === 'TimeoutError';
    if (hangs) return { name, ok: false, what: 'no answer came in time', remedy: RESTART };
    const remedy =
      error instanceof Wrong ? error.remedy : code === 'internal' ? RESTART : ERRORS[code].remedy;
    return { name, ok: false, what: message, remedy };
  }
}

/** Reading it makes one where there is none, and the daemon would not know that. */
function checkToken(home: Home): string {
  if (!existsSync(home.token))
    throw new Wrong(`${home.token} is not there`, 'carrel daemon restart makes a new one');
  ownerToken(home);
  return `${home.token} is yours alone`;
}

/** With what to do about it. */
class Wrong extends CarrelError {
  readonly remedy: string;
  constructor(what: string, remedy: string) {
    super('internal', what);
    this.remedy = remedy;
  }
}

async function answered(
  door: Door,
  path: string,
  init: Pick<RequestInit, 'method' | 'body'> = {},
): Promise<Response> {
  const { presence, signal, token } = door;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${presence.url}${path}`, { ...init, headers, signal });
  if (response.status < 500) return response;
  throw new Wrong(
    `${path} answers ${String(response.status)}: ${(await response.text()).slice(0, 200)}`,
    RESTART,
  );
}

async function checkReady({ presence, signal, token }: Door): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${presence.url}/health/ready`, { signal, headers });
  const { ready, reasons = [`/health/ready answers ${String(response.status)}`] } =
    (await response.json()) as { ready?: boolean; reasons?: readonly string[] };
  if (ready === true) return 'it takes input';
  throw new Wrong(reasons.join('; '), 'free the disk or restore its permissions; it goes on by itself');
}

/** And whether telemetry itself is lost. */
async function checkMetrics(door: Door): Promise<string> {
  const response = await answered(door, '/metrics');
  if (!response.ok) throw new Wrong(`/metrics answers ${String(response.status)} to the owner`, RESTART);
  const parsed = parseExposition(await response.text());
  const lost = (parsed.get('carrel_sink_failures_total')?.samples ?? []).filter(({ value }) => value > 0);
  if (lost.length === 0) return `${String(parsed.size)} metrics, and nothing of telemetry was lost`;
  const what = lost.map(({ labels, value }) => `${labels['sink'] ?? ''} ${String(value)} times`).join(', ');
  throw new Wrong(
    `telemetry was lost: ${what}`,
    'see that the disk has room and the collector answers; no session is affected',
  );
}

async function checkRpc(door: Door): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'host/inspect', params: {} });
  const response = await answered(door, '/rpc', { method: 'POST', body });
  const { result } = (await response.json()) as { readonly result?: { readonly live?: number } };
  if (result === undefined) throw new Wrong(`/rpc answers ${String(response.status)}`, RESTART);
  return `it answers; ${String(result.live)} sessions are live`;
}

/** Of the newest session; where there is none, that it says so. */
async function checkEvents(door: Door): Promise<string> {
  await using client = await connectWebSocket({ url: door.presence.url, token: door.token });
  const [row] = (await client.list({ limit: 1 })).sessions;
  const response = await answered(door, `/sessions/${row?.session ?? 'ses_00000000'}/events`);
  if (row === undefined) {
    if (response.status === 404 || response.status === 400) return 'they answer; there is no session yet';
  } else if (response.ok && response.body !== null) {
    const reader = response.body.getReader();
    const { value } = (await reader.read()) as { readonly value?: Uint8Array };
    await reader.cancel();
    if (value !== undefined) return `the events of ${row.name} come`;
  }
  throw new Wrong(`a stream of events answers ${String(response.status)} and gives nothing`, RESTART);
}

async function asked(connecting: Promise<Client>): Promise<string> {
  await using client = await connecting;
  await client.inspect();
  return 'it answers';
}

function privateFile(path: string): void {
  if (platform() === 'win32') return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new Wrong(`${path} can be opened by others (mode ${mode.toString(8)})`, `chmod 600 ${path}`);
}

function checkHealth({ home, presence, now }: DaemonUnderTest): string {
  const health = readHealth(home.health);
  if (health === undefined) throw new Wrong(`${home.health} is not there, or damaged`, RESTART);
  if (health.pid !== presence?.pid)
    throw new Wrong(`${home.health} is of process ${String(health.pid)}, which is not the daemon`, RESTART);
  const age = `written ${String(Math.round((now - health.at) / 1000))} s ago`;
  if (isStale(health, now))
    throw new Wrong(`it is stale: ${age}; the daemon hangs, or its disk does`, RESTART);
  return age;
}
