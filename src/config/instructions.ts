// Files in which people tell agents how to work: the user's own, then those of the project from its root down to the folder. They
// reach a model, so a project's count only where somebody trusted it. Nothing in them is followed: no import, no link that leads out.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { cutStart, stripControls } from '../base/index.ts';
import { toErrorInfo, type Instruction } from '../protocol/index.ts';
import { errorCode, readSmallFile } from './files.ts';
import type { Home } from './home.ts';
import type { Notice } from './state.ts';
import { isTrusted } from './trust.ts';

/** In this order, so that what is said later, and nearer, counts more. */
export const INSTRUCTION_FILES = ['AGENTS.md', 'CLAUDE.md', 'CLAUDE.local.md'] as const;

/** Folders between a project's root and a session: deeper ones are those of a machine, not of people. */
const MAX_DEPTH = 32;

/** Reads them anew each time. Gives at most `limitBytes`, the nearest first where that is not enough; a file that was cut says so. */
export type InstructionSource = (folder: string, limitBytes: number) => readonly Instruction[];

/** `notice` is told once of each file that is left out, and why. */
export function openInstructions(home: Home, notice: Notice): InstructionSource {
  const told = new Set<string>();
  const once = (text: string): void => {
    if (told.has(text)) return;
    told.add(text);
    notice(stripControls(text));
  };
  return (folder, limitBytes) => {
    const user = filesIn(home.configFolder, home.configFolder, once);
    return bounded([...user, ...projectFiles(home, folder, once)], limitBytes);
  };
}

function projectFiles(home: Home, folder: string, notice: Notice): Instruction[] {
  const chain = chainTo(folder);
  const [root = folder] = chain;
  const trusted = chain.findIndex((one) => isTrusted(home, one, notice));
  const left = trusted === -1 ? chain : chain.slice(0, trusted);
  for (const path of left.flatMap(pathsIn).filter((one) => existsSync(one)))
    notice(`${path} is not used: nobody trusted its folder. Read it, then run \`carrel trust\` there.`);
  return trusted === -1 ? [] : chain.slice(trusted).flatMap((one) => filesIn(one, root, notice));
}

/** From the root of the project (the nearest folder with `.git`, else the folder itself) down to the folder. */
function chainTo(folder: string): readonly string[] {
  const chain = [folder];
  for (let at = folder; chain.length <= MAX_DEPTH; at = dirname(at)) {
    if (at !== folder) chain.unshift(at);
    if (existsSync(join(at, '.git'))) return chain;
    if (dirname(at) === at) break;
  }
  return [folder];
}

const pathsIn = (folder: string): readonly string[] => INSTRUCTION_FILES.map((name) => join(folder, name));

function filesIn(folder: string, root: string, notice: Notice): Instruction[] {
  const found = pathsIn(folder).flatMap((path) => readOne(path, root, notice));
  // One is often a copy of another, or a link to it.
  return found.filter(({ text }, index) => found.findIndex((one) => one.text === text) === index);
}

function readOne(path: string, root: string, notice: Notice): Instruction[] {
  try {
    const real = realpathSync(path);
    if (!isInside(realpathSync(root), real)) {
      notice(`${path} is not used: it leads out of ${root}.`);
      return [];
    }
    const bytes = readSmallFile(real)?.bytes ?? new Uint8Array();
    const text = new TextDecoder().decode(bytes).trim();
    return text === '' ? [] : [{ from: path, text }];
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR')
      notice(`${path} is not used: ${toErrorInfo(error).message}`);
    return [];
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep);
}

function bounded(files: readonly Instruction[], limitBytes: number): readonly Instruction[] {
  let left = limitBytes;
  const kept = files.toReversed().flatMap((file): Instruction[] => {
    const bytes = Buffer.byteLength(file.text);
    if (bytes <= left) {
      left -= bytes;
      return [file];
    }
    // A UTF-16 unit is at most 3 bytes.
    const text = cutStart(file.text, Math.floor(left / 3));
    left = 0;
    return text === '' ? [] : [{ from: file.from, text, cut: true }];
  });
  return kept.toReversed();
}
