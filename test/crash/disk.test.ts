// A home on a disk of its own, which fills up or is made read-only under the real command.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/index.ts';
import type { SessionEvent, ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, lines, saying } from '../e2e/cli.ts';
import { configure } from '../e2e/wire.ts';
import { violations } from '../oracle.ts';

const RUN = ['run', '-m', 'offline/practice', '-s', 'desk'];
/** Enough for a store and its log, little enough to fill at once. */
const SIZE = 'size=4m,mode=700';
const PAGE = Buffer.alloc(4_096);

/** A small disk at `folder`, until disposed. Needs root, on Linux. */
class SmallDisk implements Disposable {
  readonly #folder: string;
  readonly #filler: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#filler = join(folder, 'filler');
    mkdirSync(folder, { recursive: true });
    if (!mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', folder))
      throw new Error(`no disk can be had at ${folder}`);
  }

  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      while (writeSync(file, PAGE) > 0) continue;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }

  allowWrites(may: boolean): void {
    expect(mount('-o', `remount,${may ? 'rw' : 'ro'}`, this.#folder)).toBe(true);
  }

  [Symbol.dispose](): void {
    spawnSync('umount', ['--lazy', this.#folder]);
  }
}

function mount(...args: readonly string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-disk-'));
  const can = mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', folder);
  if (can) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return can;
}

async function journal(desk: Desk): Promise<readonly SessionEvent[]> {
  return lines<SessionEvent>((await desk.run(['events', 'desk', '--json'])).stdout);
}

const isEvent = (item: ViewItem): item is SessionEvent => item.type !== 'delta';

describe.skipIf(!canMount())('a home on a disk of its own (mounting one needs root)', () => {
  it.each<{ what: string; stop: (disk: SmallDisk) => void; mend: (disk: SmallDisk) => void }>([
    { what: 'full', stop: (disk) => disk.fill(), mend: (disk) => disk.makeRoom() },
    {
      what: 'read-only',
      stop: (disk) => disk.allowWrites(false),
      mend: (disk) => disk.allowWrites(true),
    },
  ])('that is $what: takes no input, is read, and goes on when that is over', async ({ stop, mend }) => {
    using desk = new Desk();
    using disk = new SmallDisk(desk.home);
    expect((await desk.run([...RUN, 'say one'])).code).toBe(0);
    const before = await journal(desk);
    stop(disk);
    const refused = await desk.run([...RUN, '--json', 'say two']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'store_unavailable', message: expect.stringContaining(desk.home) as string },
    });
    expect(await journal(desk)).toEqual(before);
    mend(disk);
    expect((await desk.run([...RUN, 'say three'])).code).toBe(0);
    const after = await journal(desk);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(violations(after)).toEqual([]);
  });

  it('that fills up in the middle of a turn: no tool starts until there is room, and nothing shown is lost', async () => {
    using desk = new Desk();
    using disk = new SmallDisk(desk.home);
    await using server = await startProviderServer();
    const gate = deferred<void>();
    server.script([
      [
        { text: 'I shall' },
        { wait: gate.promise },
        { text: ` ${'work '.repeat(2_000)}` },
        { call: { tool: 'exec', args: { command: 'touch ran' } } },
      ],
      [{ text: 'It is done.' }],
    ]);
    configure(desk, server);
    const running = desk.start(['run', '-s', 'desk', '--mode', 'full', '--json', 'work']);
    await saying(running.child.stdout, 'I shall');
    disk.fill();
    gate.resolve();
    const told = await saying(running.child.stderr, 'could not write');
    expect(told).toContain(desk.home);
    expect((await journal(desk)).at(-1)).toMatchObject({ type: 'step.started' });
    expect(existsSync(join(desk.folder, 'ran'))).toBe(false);
    disk.makeRoom();
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(existsSync(join(desk.folder, 'ran'))).toBe(true);
    const events = await journal(desk);
    expect(violations(events)).toEqual([]);
    expect(events.slice(1)).toEqual(lines<ViewItem>(stdout).filter(isEvent));
    expect(events.at(-1)).toMatchObject({ type: 'turn.finished', data: { outcome: 'completed' } });
    expect(server.refusals).toEqual([]);
  });
});
