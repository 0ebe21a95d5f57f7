// How figures are shown: a line each while they are taken, and a page in the end.
import type { Row } from './measure.ts';
import type { Share } from './rows/own-share.ts';

const figure = (value: number): string => {
  const digits = value < 10 ? 2 : value < 1000 ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
};
const within = ({ value, limit = Infinity, atLeast }: Row): boolean =>
  atLeast === true ? value >= limit : value <= limit;

export interface Measured {
  readonly machine: string;
  readonly load: string;
  readonly rows: readonly Row[];
  readonly shares: readonly Share[];
}

export function lineOf(row: Row): string {
  const { name, value, unit, floor, limit } = row;
  const beside = floor === undefined ? '' : `, ${floor.name} ${figure(floor.value)}`;
  const bound = limit === undefined ? '' : ` (${within(row) ? 'within' : 'OUT OF'} ${figure(limit)})`;
  return `${name}: ${figure(value)} ${unit}${beside}${bound}`;
}

export function page({ machine, load, rows, shares }: Measured): string {
  const cells = rows.map((row) => {
    const { name, value, unit, floor, limit } = row;
    return [
      name,
      `${figure(value)} ${unit}`,
      floor === undefined ? '' : `${floor.name}: ${figure(floor.value)} ${unit}`,
      limit === undefined ? '' : `${within(row) ? '' : '**missed** '}${figure(limit)} ${unit}`,
    ];
  });
  const table = [
    ['what', 'measured', 'floor in the same run', 'limit'],
    ['---', '---', '---', '---'],
    ...cells,
  ].map((row) => `| ${row.join(' | ')} |`);
  return `# Benchmarks

Made by \`npm run bench\`, in one run, with floors beside the figures because absolute times drift from machine to machine. Each
figure is a median. Measured on ${machine}; the host's limits on turns and requests are raised to 64.
Load of the machine at the end (1, 5, 15 minutes): ${load}.

${table.join('\n')}

"Deltas share packets" is a provider that sends as fast as it can: what is left is the work for each delta, ours and the
adapter's. "One delta a packet" is how models stream over a network: reading each packet costs far more than everything else.

"Through the daemon" is the program as it is installed, in a process of its own, asked over its local socket. CPU is that of the daemon
with all its threads and of every process below it; the provider and the viewers are processes of their own, and share the cores with it, so
that times hold their work too. Each session has one viewer, which is the client library on a connection of its own. A delivery is one delta or
event that has reached one viewer: deltas that arrive in one turn of the event loop travel in one message, which is encoded once for all
viewers. Viewers of the fan-out only look for the end of a turn in what comes. Times depend on what else a machine does: see its load above.

## Where a durable delta's time goes

A profile of the run in which deltas share packets: CPU of the main thread by the module whose code was nearest on the stack, and
beside it what the other threads used. Syncs, and waking the store's thread, are paid for each write and not for each delta.

| part | µs CPU/delta |
| --- | --- |
${shares.map(({ part, micros }) => `| ${part} | ${figure(micros)} |`).join('\n')}
`;
}
