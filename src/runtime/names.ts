import type { Random } from '../base/index.ts';

const ADJECTIVES =
  'amber bold brave bright brisk calm clear clever cosy crisp eager early fair fast fine fond free fresh gentle glad golden grand green happy keen kind late light lively lucky mellow merry mild neat noble open plain proud quick quiet ready rich rosy round sharp shiny silent silver simple smart snug soft solid spry steady still sunny sweet swift tall tidy true warm wild wise young'.split(
    ' ',
  );
const NOUNS =
  'acorn alder apple arrow aspen badger basil beacon beech birch bloom brook canyon cedar cherry cliff clover comet coral crane creek dawn delta dune ember falcon fern field finch fjord forest fox garden grove harbor hazel heron hill iris island ivy jay lake lark laurel leaf linden lotus maple marsh meadow moon moss oak olive orchid otter owl pebble pine plum pond poplar prairie quail quartz rain raven reef ridge river robin rose sage shore sky sparrow spruce star stone stream summit thistle tide trail valley violet willow wren'.split(
    ' ',
  );

/** `quiet-otter`; with a number behind it from the second try on, so that a name is found soon however many are taken. */
export function generateName(random: Random, attempt: number): string {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  const name = `${ADJECTIVES[a % ADJECTIVES.length] ?? ''}-${NOUNS[b % NOUNS.length] ?? ''}`;
  return attempt === 0 ? name : `${name}-${String(c * 256 + d)}`;
}
