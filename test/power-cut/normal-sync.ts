// Preloaded into every thread of a life: what the store would be with `synchronous = NORMAL`, so that the test of the power cut
// is seen to find what is lost.
import { DatabaseSync } from 'node:sqlite';

const exec = DatabaseSync.prototype.exec;

DatabaseSync.prototype.exec = function weakened(sql: string): void {
  exec.call(this, sql.replace(/(PRAGMA synchronous\s*=\s*)FULL/i, '$1NORMAL'));
};
