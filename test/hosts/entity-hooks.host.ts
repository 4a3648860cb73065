import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import {
  AfterLoad,
  BeforeInsert,
  BeforeUpdate,
  Column,
  Entity,
  EventSubscriber,
  type EntitySubscriberInterface,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import type { HostProfile } from './host-profile.js';

/** What the hooks of the host have been told since the process began. */
export const told: string[] = [];

@Entity('oauth_clients')
export class HostClient extends OAuthClient {
  @Column({ name: 'host_note', type: 'varchar', length: 32, nullable: true })
  hostNote: string | null;

  /** Of no column: set by the hook alone. */
  label?: string;

  @BeforeInsert()
  noteInsert(): void {
    this.hostNote = 'inserted';
    told.push('HostClient BeforeInsert');
  }

  @BeforeUpdate()
  noteUpdate(): void {
    told.push('HostClient BeforeUpdate');
  }

  @AfterLoad()
  addLabel(): void {
    this.label = `${this.clientName} of the host`;
    told.push('HostClient AfterLoad');
  }
}

@Entity('initial_access_tokens')
export class HostToken extends InitialAccessToken {
  @Column({ name: 'host_note', type: 'varchar', length: 32, nullable: true })
  hostNote: string | null;

  @BeforeInsert()
  noteInsert(): void {
    this.hostNote = 'inserted';
    told.push('HostToken BeforeInsert');
  }

  @AfterLoad()
  noteLoad(): void {
    told.push('HostToken AfterLoad');
  }
}

/** Listens to every entity, and takes its time. */
@EventSubscriber()
class EverySubscriber implements EntitySubscriberInterface {
  async afterLoad(): Promise<void> {
    await note('afterLoad');
  }
  async beforeInsert(): Promise<void> {
    await note('beforeInsert');
  }
  async afterInsert(): Promise<void> {
    await note('afterInsert');
  }
  async beforeUpdate(): Promise<void> {
    await note('beforeUpdate');
  }
  async afterUpdate(): Promise<void> {
    await note('afterUpdate');
  }
  async beforeRemove(): Promise<void> {
    await note('beforeRemove');
  }
  async afterRemove(): Promise<void> {
    await note('afterRemove');
  }
}

async function note(hook: string): Promise<void> {
  await Promise.resolve();
  told.push(`subscriber ${hook}`);
}

class AddHostNotes1764000000001 implements MigrationInterface {
  readonly name = 'AddHostNotes1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE oauth_clients ADD COLUMN host_note varchar(32)');
    await runner.query('ALTER TABLE initial_access_tokens ADD COLUMN host_note varchar(32)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE oauth_clients DROP COLUMN host_note');
    await runner.query('ALTER TABLE initial_access_tokens DROP COLUMN host_note');
  }
}

/** Has hooks on everything that is stored: a subscriber, and entity classes with columns and hooks of its own. */
export const entityHooks: HostProfile = {
  options: { entities: { client: HostClient, initialAccessToken: HostToken } },
  typeorm: { subscribers: [EverySubscriber], migrations: [AddHostNotes1764000000001] },
};
