// Reads the text format again, strictly: for whoever shows the numbers (`carrel top`, `carrel doctor`), and to check what is written.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export type Parsed = ReadonlyMap<string, ParsedFamily>;

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const LINE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const SUFFIXES = ['_bucket', '_sum', '_count'];

/**
 * By the name of the family. Throws a `SyntaxError` that names the line: what is malformed, a sample without its family, a series
 * that is there twice, buckets that fall.
 */
export function parseExposition(text: string): Parsed {
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let open = '';
  if (text !== '' && !text.endsWith('\n')) throw new SyntaxError('the last line has no end');
  for (const [index, line] of text.split('\n').entries()) {
    const wrong = (why: string): SyntaxError => new SyntaxError(`line ${String(index + 1)} ${why}: ${line}`);
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.has(name)) throw wrong('describes a family again');
      families.set((open = name), { type: 'untyped', help: rest, samples: [] });
      continue;
    }
    const family = families.get(open);
    if (word === 'TYPE') {
      if (name !== open || family === undefined) throw wrong('has no HELP before it');
      family.type = rest;
      continue;
    }
    if (family === undefined) throw wrong('is of no family');
    const sample = parseSample(line, wrong);
    if (!belongs(sample.name, open, family.type)) throw wrong(`is not of ${open}`);
    const key = JSON.stringify([
      sample.name,
      Object.entries(sample.labels)
        .map(([label, value]) => `${label}=${value}`)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ]);
    if (seen.has(key)) throw wrong('is there twice');
    seen.add(key);
    family.samples.push(sample);
  }
  for (const [name, { type, samples }] of families) if (type === 'histogram') checkBuckets(name, samples);
  return families;
}

function parseSample(line: string, wrong: (why: string) => SyntaxError): Sample {
  const [, name, labels = '', number = ''] = LINE.exec(line) ?? [];
  if (name === undefined) throw wrong('is no sample');
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  if (Number.isNaN(value) && number !== 'NaN') throw wrong('has no number');
  return { name, labels: parseLabels(labels, wrong), value };
}

function parseLabels(text: string, wrong: (why: string) => SyntaxError): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (name === '' || name in labels) throw wrong('has wrong labels');
    labels[name] = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  return labels;
}

function belongs(name: string, family: string, type: string): boolean {
  return type === 'histogram' ? SUFFIXES.some((suffix) => name === `${family}${suffix}`) : name === family;
}

function checkBuckets(name: string, samples: readonly Sample[]): void {
  const last = new Map<string, { le: number; value: number }>();
  for (const sample of samples.filter((one) => one.name.endsWith('_bucket'))) {
    const { le = '', ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    const bound = le === '+Inf' ? Infinity : Number(le);
    const before = last.get(key) ?? { le: -Infinity, value: 0 };
    if (!(bound > before.le && sample.value >= before.value))
      throw new SyntaxError(`${name} has buckets that fall at le="${le}"`);
    last.set(key, { le: bound, value: sample.value });
  }
  for (const { le } of last.values())
    if (le !== Infinity) throw new SyntaxError(`${name} has no bucket for all`);
}

/** The buckets of one histogram, all its series added up; those that `keep` says. */
export function bucketsOf(
  parsed: Parsed,
  name: string,
  keep: (labels: Sample['labels']) => boolean = () => true,
): { readonly bounds: readonly number[]; readonly cumulative: readonly number[] } {
  const sums = new Map<number, number>();
  for (const { name: sample, labels, value } of parsed.get(name)?.samples ?? []) {
    if (sample !== `${name}_bucket` || !keep(labels)) continue;
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    sums.set(bound, (sums.get(bound) ?? 0) + value);
  }
  const bounds = [...sums.keys()].toSorted((a, b) => a - b);
  return { bounds: bounds.filter(Number.isFinite), cumulative: bounds.map((bound) => sums.get(bound) ?? 0) };
}
