import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { homeHolder, inspectHome } from './inspect.ts';
import { openSqliteStore } from './store.ts';

const home = mkdtempSync(join(tmpdir(), 'carrel-inspect-'));
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('a home from outside', () => {
  it('names its holder while there is one, and the damage of its file', async () => {
    expect(inspectHome({ home })).toEqual({ holder: undefined, damage: [] });
    {
      await using store = await openSqliteStore({ home });
      expect(store.health().writable).toBe(true);
      expect(inspectHome({ home })).toEqual({ holder: process.pid, damage: [] });
    }
    expect(homeHolder({ home })).toBeUndefined();
    const file = join(home, 'carrel.db');
    const fd = openSync(file, 'r+');
    // The header stays, so the file still opens; everything behind it is noise.
    writeSync(fd, Buffer.alloc(statSync(file).size - 4096, 0x5a), 0, undefined, 4096);
    expect(() => {
      const { damage } = inspectHome({ home });
      if (damage.length > 0) throw new Error(`store_corrupt: ${damage.join()}`);
    }).toThrow(/corrupt|malformed|damaged/);
  });
});
