// What `carrel doctor` looks at. Each check stands alone, so that one finding never hides another.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { loadConfig, type Home } from '../config/index.ts';
import { checkAudit } from '../daemon/index.ts';
import { checkList } from '../host/index.ts';
import { toErrorInfo, ERRORS } from '../protocol/index.ts';
import { inspectHome, openSqliteReader } from '../store/index.ts';
import { systemClock } from '../base/index.ts';
import type { Check } from './check.ts';
import { checkDaemon } from './daemon-checks.ts';
import { servingDaemon } from './daemon-process.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';
import { OWNER } from './owner.ts';
import { checkProvider } from './provider-check.ts';
import { loadSetting, pickModel, usableProviders } from './setting.ts';

/** Every finding, good or bad, in a fixed order. */
export async function checkAll(invocation: Invocation): Promise<readonly Check[]> {
  const home = homeOf(invocation);
  const parts: readonly (() => Promise<readonly Check[]>)[] = [
    () => Promise.resolve([checkNode()]),
    () => Promise.resolve(checkFolders(home)),
    () => Promise.resolve([checkConfig(invocation, home)]),
    () => Promise.resolve([checkFile(home)]),
    () => checkStored(home),
    () => checkAuditLog(home),
    async () => checkDaemon({ home, presence: await servingDaemon(home), now: systemClock.now() }),
    () => checkModels(invocation),
  ];
  return (await Promise.all(parts.map((part) => part()))).flat();
}

function checkNode(): Check {
  return { name: 'node', ok: true, what: `${process.versions.node}; ${MANIFEST.engines.node} is needed` };
}

/** Others on the machine may not look in: journals hold what was said, the configuration may hold keys. */
function checkFolders(home: Home): Check[] {
  return [...new Set([home.configFolder, home.dataFolder])].map((folder) => checkFolder(folder));
}

function checkFolder(folder: string): Check {
  const name = 'home';
  if (!existsSync(folder))
    return { name, ok: true, what: `${folder} is not there yet; the first session makes it` };
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message } = toErrorInfo(error);
    return {
      name,
      ok: false,
      what: `${folder} cannot be written: ${message}`,
      remedy: 'restore its permissions, or set CARREL_HOME',
    };
  }
  const mode = statSync(folder).mode & 0o777;
  const open = platform() !== 'win32' && (mode & 0o077) !== 0;
  if (!open) return { name, ok: true, what: `${folder} is yours alone` };
  return {
    name,
    ok: false,
    what: `${folder} can be read by others (mode ${mode.toString(8)})`,
    remedy: `chmod 700 ${folder}`,
  };
}

/** The store opens, is of a version this program knows, and every row of its list says what its journal says. */
/** The file itself, and who writes to it. */
function checkFile({ dataFolder }: Home): Check {
  const name = 'file';
  try {
    const { holder, damage } = inspectHome({ home: dataFolder });
    const held = holder === undefined ? 'nobody holds the home' : `process ${String(holder)} holds the home`;
    if (damage.length === 0) return { name, ok: true, what: `no damage found; ${held}` };
    return { name, ok: false, what: damage.slice(0, 5).join('; '), remedy: ERRORS.store_corrupt.remedy };
  } catch (error) {
    return failed(name, error);
  }
}

async function checkStored({ dataFolder }: Home): Promise<Check[]> {
  const name = 'store';
  try {
    await using reader = await openSqliteReader({ home: dataFolder });
    const { checked, wrong } = await checkList(reader, OWNER);
    if (wrong.length === 0)
      return [{ name, ok: true, what: `${String(checked)} journals read, every list row agrees` }];
    const some = wrong.slice(0, 5).map((row) => row.session);
    const what = `${String(wrong.length)} of ${String(checked)} list rows differ from their journals: ${some.join(', ')}`;
    return [
      {
        name,
        ok: false,
        what,
        remedy: 'use each once, for instance with carrel rename: that writes its row again',
      },
    ];
  } catch (error) {
    return [failed(name, error)];
  }
}

/** Who used power, line by line from the first that is kept. */
async function checkAuditLog({ audit }: Home): Promise<Check[]> {
  const name = 'audit';
  try {
    const { lines, files, removed, broken } = await checkAudit(audit);
    const since = removed === 0 ? '' : `; ${String(removed)} older files were removed`;
    const what = `${String(lines)} lines in ${String(files.length)} files${since}`;
    if (broken.length === 0) return [{ name, ok: true, what: `${what}, each goes on from the one before` }];
    const where = broken.slice(0, 5).join(', ');
    const remedy =
      'look at what is around them: a crash cuts one line in half, anything else was done by somebody';
    return [
      { name, ok: false, what: `${what}, and these do not go on from the one before: ${where}`, remedy },
    ];
  } catch (error) {
    return [failed(name, error)];
  }
}

function checkConfig({ env, folder }: Invocation, home: Home): Check {
  const name = 'config';
  try {
    const { notices } = loadConfig({ home, folder, env });
    if (notices.length === 0)
      return { name, ok: true, what: existsSync(home.config) ? home.config : 'none; every default holds' };
    return { name, ok: false, what: notices.join('; '), remedy: 'see what it says' };
  } catch (error) {
    return failed(name, error);
  }
}

/** The model a run would take, and every provider that is set up. */
async function checkModels(invocation: Invocation): Promise<Check[]> {
  try {
    const setting = loadSetting(invocation, invocation.folder);
    const model = pickModel(setting, setting.config.model).then(
      ({ id, why }): Check => ({ name: 'model', ok: true, what: why === undefined ? id : `${id}: ${why}` }),
      (error: unknown) => failed('model', error),
    );
    const providers = usableProviders(setting).map(async (provider): Promise<Check> => {
      const { provider: name, ok, what, remedy } = await checkProvider(provider);
      return { name: `provider ${name}`, ok, what, ...(remedy === undefined ? {} : { remedy }) };
    });
    return await Promise.all([model, ...providers]);
  } catch {
    return []; // the check of the configuration has said why
  }
}

function failed(name: string, error: unknown): Check {
  const { code, message } = toErrorInfo(error);
  return { name, ok: false, what: `${code}: ${message}`, remedy: ERRORS[code].remedy };
}
