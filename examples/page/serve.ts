// Serves the page beside this file, and `carrel/client` bundled for it, on loopback. From a checkout, after `npm run build`:
//   carrel daemon start --origin http://127.0.0.1:8080
//   carrel token create page --scope observe --scope prompt --scope approve --expires 1d
//   node examples/page/serve.ts
// Then open http://127.0.0.1:8080 and paste the token there.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const PORT = 8080;

/** One module for a browser, by the bundler that comes with vitest; any other will do. Rejects when something in it is not the browser's. */
export async function bundle(entry: string): Promise<string> {
  await using build = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false, minify: true });
  const [{ code, imports, dynamicImports }] = output;
  const foreign = [...imports, ...dynamicImports];
  if (foreign.length > 0) throw new Error(`${entry} needs what no browser has: ${foreign.join(', ')}`);
  return code;
}

export interface Page extends AsyncDisposable {
  /** What the daemon has to be told with `--origin`. */
  readonly origin: string;
}

/** Port 0 takes a free one. */
export async function servePage(client: string, port: number): Promise<Page> {
  const files: Readonly<Record<string, readonly [type: string, content: string]>> = {
    '/': ['text/html', readFileSync(join(import.meta.dirname, 'index.html'), 'utf8')],
    '/client.js': ['text/javascript', client],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, content] = files[url] ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(content);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const client = fileURLToPath(import.meta.resolve('carrel/client'));
  const { origin } = await servePage(await bundle(client), PORT);
  console.log(`The page is at ${origin}, until Ctrl-C.`);
}
