import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/index.ts';
import { ConfigFile } from '../protocol/index.ts';
import { SETTINGS, type Setting } from './settings.ts';

/** The published JSON Schema of a configuration file: the shape of `ConfigFile`, the words and bounds of the table of settings. */
export function configJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(ConfigFile) as unknown as JsonObject;
  return {
    ...SETTINGS.reduce((whole, setting) => describe(whole, setting.key.split('.'), setting), schema),
    title: 'Carrel configuration',
  };
}

function describe(node: JsonObject, [segment, ...rest]: readonly string[], setting: Setting): JsonObject {
  if (segment === undefined) return { ...node, ...words(setting) };
  const { properties, additionalProperties } = node;
  if (/^[A-Z]+$/.test(segment)) {
    return isJsonObject(additionalProperties)
      ? { ...node, additionalProperties: describe(additionalProperties, rest, setting) }
      : node;
  }
  const inner = isJsonObject(properties) ? properties[segment] : undefined;
  if (!isJsonObject(properties) || !isJsonObject(inner)) return node;
  return { ...node, properties: { ...properties, [segment]: describe(inner, rest, setting) } };
}

function words(setting: Setting): JsonObject {
  const { minimum, maximum, zero } = setting;
  const bounds: JsonObject =
    minimum === undefined || maximum === undefined
      ? {}
      : { minimum: zero === undefined ? minimum : 0, maximum };
  const byDefault: JsonObject = setting.default === undefined ? {} : { default: setting.default };
  return { description: setting.meaning, ...byDefault, ...bounds };
}
