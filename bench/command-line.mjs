// What the command is told: `npm run bench -- --quick`.
import { parseArgs } from 'node:util';

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string', default: '' },
  measure: { type: 'string', default: '' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
};

export const USAGE = `npm run bench -- [options]

  --quick            2 rounds of 1 second, growth to 100,000 clients; README.md stays as it is
  --rounds N         how often each target is visited (default 11)
  --seconds N        how long a cell is counted (default 1)
  --only A,B         targets by the beginning of their names: ours-express,f3
  --measure A,B      W1, W2, W3, authentication, growth, memory, start-up
  --profile TARGET   one server under W1 for 10 seconds, and where its time goes

BENCH_POSTGRES_URL   a superuser of a PostgreSQL of yours; by default one is started in a temporary folder
`;

/** @throws Error that says what is wrong with the arguments */
export function readCommandLine(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const only = listOf(values.only);
  const measures = listOf(values.measure);
  return {
    help: values.help,
    profile: values.profile,
    only,
    measures,
    rounds: numberOf('rounds', values.rounds ?? (values.quick ? '2' : '11')),
    seconds: numberOf('seconds', values.seconds ?? '1'),
    quick: values.quick,
    /** Whether this is the run that README.md shows. */
    isComplete: !values.quick && only.length === 0 && measures.length === 0,
  };
}

function listOf(value) {
  return value.split(',').filter((name) => name !== '');
}

function numberOf(name, value) {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0`);
  return number;
}
