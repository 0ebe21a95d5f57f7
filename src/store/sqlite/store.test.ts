import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../contract.ts';
import { openSqliteStore } from './store.ts';

storeContract('sqlite', async () => {
  const home = mkdtempSync(join(tmpdir(), 'carrel-store-'));
  let store = await openSqliteStore({ home });
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]();
      return (store = await openSqliteStore({ home }));
    },
    async dispose() {
      await store[Symbol.asyncDispose]();
      rmSync(home, { recursive: true });
    },
  };
});
