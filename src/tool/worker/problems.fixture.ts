// Exports of which one is a tool.
const fine = { description: 'x', parameters: { type: 'object' }, access: 'read', run: () => 'done' };

export const good = { ...fine, name: 'good' };
export const again = { ...fine, name: 'good' };
export const badSchema = { ...fine, name: 'bad-schema', parameters: { type: 'object', properties: 7 } };
export const helper = (): string => 'no tool';
export const number = 7;
export const illegal = { ...fine, name: 'not a name' };
export const silent = { ...fine, name: 'silent', description: '' };
export const idle = { ...fine, name: 'idle', run: undefined };
export const vague = { ...fine, name: 'vague', access: 'anything' };
export const endless = { ...fine, name: 'endless', parameters: { type: 'object', default: 1n } };
