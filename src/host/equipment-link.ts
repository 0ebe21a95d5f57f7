// Methods about what the sessions of a folder work with.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Model } from '../model/index.ts';
import {
  toErrorInfo,
  type EQUIPMENT_METHODS,
  type ModelInfo,
  type ParamsOf,
  type ResultOf,
  type ToolInfo,
} from '../protocol/index.ts';
import type { Equipment } from '../runtime/index.ts';
import { schemaProblem } from '../tool/index.ts';
import type { Host } from './port.ts';

type EquipmentMethod = keyof typeof EQUIPMENT_METHODS;
type Handlers = { readonly [M in EquipmentMethod]: (params: ParamsOf<M>) => Promise<ResultOf<M>> };

export function equipmentHandlers(host: Host): Handlers {
  return {
    'model/list': async ({ folder }) => models(await host.equipment(folder)),
    'model/pick': async ({ folder, model }) => pick(await host.equipment(folder), model),
    'tool/list': async ({ folder }) => tools(await host.equipment(folder)),
    'profile/list': async ({ folder }) => [...(await host.equipment(folder)).profiles.values()],
    'provider/compare-key': async ({ folder, ...asked }) => compare(await host.equipment(folder), asked),
    'provider/reset': ({ provider }) => {
      host.resetBreaker(provider);
      return Promise.resolve({});
    },
  };
}

function models({ models: known }: Equipment): Promise<readonly ModelInfo[]> {
  return Promise.all(
    known.list().map((model) =>
      known.resolve(model).then(infoOf, (error: unknown) => ({
        model,
        problem: toErrorInfo(error).message,
      })),
    ),
  );
}

async function pick({ models: known, auto }: Equipment, wanted: string): Promise<ResultOf<'model/pick'>> {
  const { model, why } = wanted === 'auto' && auto !== undefined ? auto() : { model: wanted };
  return { ...infoOf(await known.resolve(model)), ...(why === undefined ? {} : { why }) };
}

function infoOf({ id, capabilities: { contextTokens, outputTokens, price } }: Model): ModelInfo {
  return {
    model: id,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(price === undefined ? {} : { price }),
  };
}

/** A tool whose schema is bad is listed all the same. */
function tools({ tools: known, problems = [] }: Equipment): readonly ToolInfo[] {
  return [
    ...known.list().map((tool): ToolInfo => {
      const { name, description, access, idempotent, parallel, parameters } = tool;
      const problem = schemaProblem(tool);
      const row = { name, description, access, idempotent, parallel, parameters };
      return problem === undefined ? row : { ...row, problem };
    }),
    ...problems,
  ];
}

type Compared = Omit<ParamsOf<'provider/compare-key'>, 'folder'>;

function compare(
  { keyOf }: Equipment,
  { provider, salt, digest }: Compared,
): ResultOf<'provider/compare-key'> {
  const key = keyOf?.(provider);
  if (key === undefined) return { key: 'missing' };
  const own = createHmac('sha256', salt).update(key).digest();
  const theirs = Buffer.from(digest, 'hex');
  const isSame = own.length === theirs.length && timingSafeEqual(own, theirs);
  return { key: isSame ? 'same' : 'other' };
}
