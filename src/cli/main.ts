// Loading the program is most of what a short command costs, so its compiled form is kept between commands: in a folder of
// the user's own, because whoever can write there can change what runs. Where that fails, nothing is kept.
import './engine.ts'; // before anything else
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const folder =
  process.env['XDG_CACHE_HOME'] ??
  join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
enableCompileCache(join(folder, 'carrel'));

const { start } = await import('./start.ts');
await start();
