// With --import: the code of this process has the fault that CARREL_PLANTED names. The text of one file is changed as it is loaded; what is on
// the disk stays as it is, and knows nothing of this.
import { registerHooks, type LoadHookSync } from 'node:module';
import { FAULTS, plantedIn } from './faults.ts';

const name = process.env['CARREL_PLANTED'];
const fault = FAULTS.find((one) => one.name === name);
if (fault === undefined) throw new Error(`CARREL_PLANTED names no fault: ${String(name)}`);
const { href } = new URL(`../../${fault.file}`, import.meta.url);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== href) return loaded;
    return { ...loaded, source: plantedIn(fault, textOf(loaded.source)) };
  },
});

function textOf(source: ReturnType<Parameters<LoadHookSync>[2]>['source']): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
