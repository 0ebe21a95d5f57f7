// The recipe for nginx, with our ports and a certificate of the moment, in front of a daemon: calls, a WebSocket and events go through
// it as they come, and what it is to refuse is refused.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import WebSocket from 'ws';
import { ROOT, run, scratch } from './run.ts';

const NAME = 'carrel.example';

interface Place {
  readonly port: number;
  readonly cert: string;
  readonly token: string;
}

export async function checkProxy(): Promise<string> {
  using folder = scratch();
  const [port, daemonPort] = [await freePort(), await freePort()];
  const cert = await writeCertificate(folder.path);
  const conf = join(folder.path, 'nginx.conf');
  writeFileSync(conf, nginxConf(folder.path, { port, daemonPort }));
  const nginx = ['nginx', '-p', folder.path, '-c', conf, '-e', join(folder.path, 'error.log')] as const;
  run([...nginx, '-t']);
  const home = join(folder.path, 'home');
  await using _daemon = await started(
    [process.execPath, join(ROOT, 'bin/carrel.js'), 'daemon', 'run', '--port', String(daemonPort)],
    { env: { ...process.env, CARREL_HOME: home }, ready: /serving at/ },
  );
  await using _proxy = await started([...nginx, '-g', 'daemon off;'], { env: process.env });
  const token = readFileSync(join(home, 'token'), 'utf8').trim();
  const place = { port, cert, token };
  await answering(place);
  await refusals(place);
  const session = await call(place, 'session/create', {
    folder: folder.path,
    change: { model: 'offline/practice' },
  });
  const id = (session as { session: string }).session;
  await events(place, id);
  await webSocket(place, id);
  return 'nginx -t takes it; calls, events and a WebSocket pass, foreign names and origins do not';
}

function nginxConf(folder: string, { port, daemonPort }: { port: number; daemonPort: number }): string {
  const recipe = readFileSync(join(ROOT, 'share/proxy/nginx.conf'), 'utf8')
    .replaceAll('listen 443', `listen 127.0.0.1:${String(port)}`)
    .replaceAll('127.0.0.1:7788', `127.0.0.1:${String(daemonPort)}`)
    .replaceAll('/etc/ssl/', `${folder}/`)
    .replaceAll(`https://${NAME}`, `https://${NAME}:${String(port)}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `pid ${folder}/nginx.pid;\nevents {}\nhttp {\naccess_log ${folder}/access.log;\n${temporary.join('\n')}\n${recipe}\n}\n`;
}

async function writeCertificate(folder: string): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: NAME }], {
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: NAME },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${NAME}.pem`), cert);
  writeFileSync(join(folder, `${NAME}.key`), key, { mode: 0o600 });
  return cert;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A process that ends when it is disposed. */
async function started(
  command: readonly string[],
  { env, ready }: { env: NodeJS.ProcessEnv; ready?: RegExp },
): Promise<AsyncDisposable> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let said = '';
  const isReady = new Promise<void>((resolve) => {
    if (ready === undefined) resolve();
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (ready?.test(said) === true) resolve();
    });
  });
  const early = ended.then(() => Promise.reject(new Error(`${program} ended: ${said}`)));
  early.catch(() => undefined);
  await Promise.race([isReady, early]);
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

interface Asked {
  readonly path: string;
  readonly body?: string;
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request that asks for the name at our loopback port. */
async function ask(
  { port, cert, token }: Place,
  { path, body, name = `${NAME}:${String(port)}`, headers }: Asked,
): Promise<IncomingMessage> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    servername: NAME,
    ca: cert,
    method: body === undefined ? 'GET' : 'POST',
    headers: { Host: name, Authorization: `Bearer ${token}`, ...headers },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

/** nginx says nothing when it is ready. */
async function answering(place: Place): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const { statusCode } = await ask(place, { path: '/health/ready' });
      if (statusCode === 200) return;
      throw new Error(`/health/ready through the proxy is ${String(statusCode)}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function refusals(place: Place): Promise<void> {
  const own = { path: '/health/ready', headers: { Origin: `https://${NAME}:${String(place.port)}` } };
  const cases: readonly (readonly [number, Asked])[] = [
    [200, own],
    [421, { path: '/health/ready', name: 'other.example' }],
    [403, { path: '/health/ready', headers: { Origin: 'https://other.example' } }],
    [401, { path: '/rpc', body: '{}', headers: { Authorization: 'Bearer wrong' } }],
  ];
  for (const [wanted, asked] of cases) {
    const { statusCode } = await ask(place, asked);
    if (statusCode !== wanted)
      throw new Error(`${JSON.stringify(asked)} was answered ${String(statusCode)}, not ${String(wanted)}`);
  }
}

async function call(place: Place, method: string, params: object): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await ask(place, { path: '/rpc', body });
  const text = (await answer.toArray()).join('');
  const { result } = JSON.parse(text) as { result?: unknown };
  if (result === undefined) throw new Error(`${method}: ${text}`);
  return result;
}

const input = (session: string, text: string): object => ({
  session,
  text,
  source: { kind: 'program' },
  delivery: 'queue',
});

/** What was there comes at once, and what happens then comes while the answer goes on: nothing is held back to the end. */
async function events(place: Place, session: string): Promise<void> {
  const stream = await ask(place, { path: `/sessions/${session}/events` });
  let said = '';
  for await (const chunk of stream) {
    const before = said;
    said += String(chunk);
    if (!before.includes('session.created') && said.includes('session.created'))
      await call(place, 'input/send', input(session, 'list'));
    if (said.includes('"type":"turn.finished"')) return;
  }
  throw new Error(`the events ended before the turn: ${said}`);
}

async function webSocket({ port, cert, token }: Place, session: string): Promise<void> {
  const { seq } = (await call({ port, cert, token }, 'session/get', { session })) as { seq: number };
  const socket = new WebSocket(`wss://127.0.0.1:${String(port)}/rpc`, 'carrel.v1', {
    ca: cert,
    headers: { Host: NAME },
  });
  await once(socket, 'open');
  const send = (id: number, method: string, params: object): void =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  const finished = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"error"')) reject(new Error(text));
      if (text.includes('"identity"')) {
        send(2, 'session/follow', { session, after: seq });
        send(3, 'input/send', input(session, 'list'));
      }
      if (text.includes('"type":"turn.finished"')) resolve();
    });
    socket.on('close', () => reject(new Error('the WebSocket was closed')));
  });
  send(1, 'connection/open', { protocol: 1, token });
  await finished;
  socket.close();
}
