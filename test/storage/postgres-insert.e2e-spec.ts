import { OAuthClient, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { Column, CreateDateColumn, Entity } from 'typeorm';
import type { Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };

@Entity('clients_with_enum')
class WithEnum extends OAuthClient {
  @Column({ type: 'enum', enum: ['a', 'b'], nullable: true })
  kind: string | null;
}

@Entity('clients_with_expression')
class WithExpression extends OAuthClient {
  @Column({ type: 'varchar', length: 64, asExpression: `'from ' || "source"`, generatedType: 'STORED', nullable: true })
  origin: string | null;
}

@Entity('clients_with_default')
class WithDefault extends OAuthClient {
  @Column({ type: 'varchar', length: 16, default: 'free' })
  plan: string;

  @CreateDateColumn({ type: 'timestamp with time zone' })
  createdAt: Date;
}

@Entity('clients_with_many')
class WithManyTypes extends OAuthClient {
  @Column({ type: 'uuid', nullable: true })
  place: string | null;

  @Column({ type: 'timestamp with time zone', nullable: true })
  seenAt: Date | null;

  @Column({ type: 'simple-array', nullable: true })
  labels: string[] | null;

  @Column({ type: 'text', array: true, nullable: true })
  tags: string[] | null;

  @Column({ type: 'jsonb', nullable: true })
  settings: object | null;

  @Column({ type: 'numeric', precision: 10, scale: 2, nullable: true })
  rate: string | null;

  @Column({ type: 'char', length: 8, nullable: true })
  code: string | null;
}

@Entity('clients_with_read_only')
class WithReadOnly extends OAuthClient {
  @Column({ type: 'varchar', nullable: true, insert: false })
  filledLater: string | null;
}

const postgres = databases.filter(({ kind }) => kind === 'postgres');
const entities: Type<OAuthClientRecord>[] = [
  OAuthClient,
  WithEnum,
  WithExpression,
  WithDefault,
  WithManyTypes,
  WithReadOnly,
];

describe.each(postgres)('a client stored with a use of a token ($name)', (database) => {
  it.each(entities.map((entity) => ({ name: entity.name, entity })))(
    'is the same with columns of the host: $name',
    async ({ entity }) => {
      const server = await startServer({
        database,
        options: { entities: { client: entity } },
        typeorm: { synchronize: true, migrationsRun: false },
      });
      try {
        for (const options of [{ maxUses: 1 }, {}]) {
          const token = await server.token(options);
          const registered = await server.register({ ...BODY, contacts: ["O'Hara \u{1f30a}"] }, token);
          expect(registered.status).toBe(201);
          const { client_secret: _, ...shown } = registered.body;
          const read = await server.request('GET', `/register/${registered.body.client_id}`, {
            token: registered.body.registration_access_token,
          });
          expect(read.body).toEqual(shown);
          if (options.maxUses) expect((await server.register(BODY, token)).status).toBe(401);
        }
        await expect(server.dataSource.getRepository(entity).count()).resolves.toBe(2);
      } finally {
        await server.close();
      }
    },
  );
});

@Entity('clients_with_default_of_the_table')
class WithDefaultOfTheTable extends OAuthClient {
  @Column({ type: 'varchar', length: 16, nullable: true })
  tier: string | null;
}

describe.each(postgres)('a column that a migration of the host gave a default ($name)', (database) => {
  it('takes it, with a token and without', async () => {
    const server = await startServer({
      database,
      options: { entities: { client: WithDefaultOfTheTable }, access: 'open' },
      typeorm: { synchronize: true, migrationsRun: false },
    });
    try {
      await server.dataSource.query(
        `ALTER TABLE clients_with_default_of_the_table ALTER COLUMN tier SET DEFAULT 'free'`,
      );
      expect((await server.register(BODY)).status).toBe(201);
      expect((await server.register(BODY, null)).status).toBe(201);
      const stored = await server.dataSource.getRepository(WithDefaultOfTheTable).find();
      expect(stored.map(({ tier }) => tier)).toEqual(['free', 'free']);
    } finally {
      await server.close();
    }
  });
});
