// The files of `share/`, tried as far as this machine can: `node scripts/operating.ts [PART…]`. What would have to be judged by a tool
// that is missing here fails, and says which.
import { checkLaunchd, checkSystemd } from './operating/units.ts';
import { checkContainer } from './operating/container.ts';
import { checkProxy } from './operating/proxy.ts';

const PARTS: Readonly<Record<string, () => Promise<string>>> = {
  systemd: checkSystemd,
  launchd: checkLaunchd,
  proxy: checkProxy,
  container: checkContainer,
};

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
  try {
    const found = await PARTS[name]?.();
    console.log(`operating ${name}: ${found ?? 'there is no such part'}`);
    if (found === undefined) process.exitCode = 2;
  } catch (error) {
    console.error(`operating ${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
