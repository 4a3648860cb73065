import { InvalidArgumentError, Option, type Command } from 'commander';
import { text as textOf } from 'node:stream/consumers';

/** What bcrypt may cost: less can be broken, more takes seconds. */
const LEAST_ROUNDS = 10;
const MOST_ROUNDS = 15;

/** The options that give a client a secret. */
export interface SecretOptions {
  readonly secret?: string;
  readonly generateSecret?: true;
  readonly secretStdin?: true;
  readonly hashRounds?: number;
}

/** Adds them; at most one of the first three can be given. */
export function withSecret(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--secret <secret>',
        'a secret of your own, which other users of this machine can see meanwhile',
      ).conflicts(['generateSecret', 'secretStdin']),
    )
    .addOption(new Option('--generate-secret', 'a new secret, shown this once').conflicts('secretStdin'))
    .option('--secret-stdin', 'a secret of your own from the standard input')
    .option('--hash-rounds <cost>', "bcrypt's cost for a secret of your own, 10 to 15 (default: 10)", cost);
}

/** @returns the operator's own secret, `true` for a generated one, undefined for none */
export async function secretOf({
  secret,
  generateSecret,
  secretStdin,
}: SecretOptions): Promise<string | true | undefined> {
  // Without the end of the line that `echo` and editors add.
  if (secretStdin) return (await textOf(process.stdin)).replace(/\r?\n$/, '');
  return secret ?? generateSecret;
}

function cost(text: string): number {
  const value = Number(text);
  if (!/^\d{1,2}$/.test(text) || value < LEAST_ROUNDS || value > MOST_ROUNDS) {
    throw new InvalidArgumentError(`It must be an integer from ${LEAST_ROUNDS} to ${MOST_ROUNDS}.`);
  }
  return value;
}
