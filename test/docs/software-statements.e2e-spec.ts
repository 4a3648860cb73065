import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { softwareStatements } from '../../lib/start-checks/software-statements.check.js';
import { followGuide, type RunningGuide } from './guide.js';

const page = readFileSync(new URL('../../docs/software-statements.md', import.meta.url), 'utf8');

describe('docs/software-statements.md, followed to the letter', () => {
  let guide: RunningGuide;
  beforeAll(async () => {
    guide = await followGuide('software-statements');
  });
  afterAll(async () => guide.stop());

  it('registers what the statement says', async () => {
    const [STATEMENT, TOKEN] = [guide.printed('STATEMENT='), guide.printed('TOKEN=')];
    expect(JSON.parse(await guide.command('/register', { STATEMENT, TOKEN }))).toMatchObject({
      client_name: 'Tide Tables',
      software_id: 'tides',
      redirect_uris: ['https://tides.example/cb'],
      software_statement: STATEMENT,
    });
  });

  it('lists every member of the option', () => {
    for (const member of softwareStatements.members ?? []) expect(page).toContain(`\n| \`${member}\``);
  });
});
