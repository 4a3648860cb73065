import { it, expect, describe } from 'vitest';
import { Column, Entity } from 'typeorm';
import { databases } from '../support/databases.js';
import { startServer } from '../support/start-server.js';
import { OAuthClient } from 'nestjs-dynamic-registration';

@Entity('odd1') class EnumClient extends OAuthClient {
  @Column({ type: 'enum', enum: ['a', 'b'], nullable: true }) kind: string | null;
}
@Entity('odd2') class GeneratedClient extends OAuthClient {
  @Column({ type: 'varchar', length: 64, asExpression: `'x' || "source"`, generatedType: 'STORED', nullable: true }) gen: string | null;
}
@Entity('odd3') class MiscClient extends OAuthClient {
  @Column({ type: 'uuid', nullable: true }) u: string | null;
  @Column({ type: 'timestamp with time zone', nullable: true }) t: Date | null;
  @Column({ type: 'simple-array', nullable: true }) a: string[] | null;
  @Column({ type: 'jsonb', nullable: true }) j: object | null;
  @Column({ type: 'numeric', precision: 10, scale: 2, nullable: true }) n: string | null;
  @Column({ type: 'simple-enum', enum: ['a', 'b'], nullable: true }) se: string | null;
}
@Entity('odd4') class InsertFalse extends OAuthClient {
  @Column({ type: 'varchar', nullable: true, insert: false }) a: string | null;
}
describe.each([EnumClient, GeneratedClient, MiscClient, InsertFalse])('%s', (client) => {
it('x', async () => {
  const server = await startServer({ database: databases[1]!, options: { entities: { client } }, typeorm: { synchronize: true, migrationsRun: false } });
  try {
  for (const o of [{ maxUses: 7 }, {}]) {
  const r = await server.register({ redirect_uris: ['https://a.example/cb'] }, await server.token(o));
  expect(r.status).toBe(201);
  const g = await server.request('GET', '/register/' + r.body.client_id, { token: r.body.registration_access_token });
  expect(g.status).toBe(200);
  } } finally { await server.close(); }
});
});
