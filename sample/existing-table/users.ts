import { Entity, PrimaryColumn } from 'typeorm';

/** Stands for the users of your application, who own clients. */
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'varchar', length: 255 }) id: string;
}
