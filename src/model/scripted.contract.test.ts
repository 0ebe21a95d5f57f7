import { modelContract, type ContractStep, type ModelCase } from './contract.ts';
import type { Model } from './port.ts';
import { scriptedModel, type Gate, type ScriptStep } from './scripted.ts';

const NEVER: Gate = { wait: new Promise<never>(() => undefined) };

/** A scripted model has no wire: what happens on one becomes the failure that comes of it. */
function scripted(step: ContractStep, cut: boolean): readonly ScriptStep[] {
  if ('text' in step)
    return [{ text: step.pieces === undefined ? step.text : (step.text.match(/.{1,2}/gsu) ?? []) }];
  if ('reasoning' in step)
    return [{ reasoning: step.reasoning, provider: { signature: `sealed ${step.signature}` } }];
  if ('call' in step) {
    const { tool, args } = step.call;
    const whole = typeof args === 'string' ? args : JSON.stringify(args);
    return [
      {
        call: tool,
        args: cut ? whole.slice(0, whole.length / 2) : whole,
        provider: { id: `${tool}-call-id` },
      },
    ];
  }
  if ('usage' in step || 'finish' in step || 'silence' in step) return [step];
  if ('status' in step) {
    const { status, retryAfter } = step;
    const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 };
    return [{ fail: { message: 'as asked', retryable: status !== 400, ...wait } }];
  }
  if ('overflow' in step) return [{ fail: { message: 'too long', data: { reason: 'context_overflow' } } }];
  const reason = 'halfClose' in step ? 'incomplete' : 'malformed';
  const breaks = 'reset' in step || 'halfClose' in step || 'garbage' in step;
  return breaks ? [{ fail: { message: 'it broke', retryable: true, data: { reason } } }] : [];
}

function scriptedCase(): ModelCase {
  let answers: readonly (readonly ContractStep[])[] = [];
  let first = 0;
  const leaves: Promise<unknown>[] = [];
  const inner = scriptedModel({
    answers: (_, n) => {
      const steps = answers[n - first] ?? [];
      const cutFrom = steps.findIndex((step) => 'truncateArgs' in step);
      return steps.flatMap((step, at) => {
        const next = steps[at + 1];
        if ('text' in step && next !== undefined && 'silence' in next) return [{ text: [step.text, NEVER] }];
        return scripted(step, cutFrom !== -1 && at > cutFrom);
      });
    },
  });
  const model: Model = {
    ...inner,
    async *stream(request, context) {
      const left = Promise.withResolvers<void>();
      leaves.push(left.promise);
      try {
        yield* inner.stream(request, context);
      } finally {
        left.resolve();
      }
    },
  };
  return {
    model,
    script: (next) => {
      answers = next;
      first = inner.requests.length;
    },
    lastRequest: () => {
      const last = inner.requests.at(-1);
      if (last === undefined) return '';
      const own = last.messages.map((message) =>
        message.role === 'assistant'
          ? message.parts.filter((part) => part.provider?.name === 'scripted')
          : message.parts,
      );
      return JSON.stringify(own);
    },
    abandoned: async () => void (await leaves.at(-1)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

modelContract('scripted', () => Promise.resolve(scriptedCase()));
