import { withPatience } from './patience.js';

/** Lets work that must not overlap wait for its turn within this process, where it holds no connection meanwhile. */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();

  /**
   * Does the work when all who came earlier for one of these names are done.
   * @throws OverdueError when that takes too long
   */
  async take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    // In one order, so that nobody waits for who waits for him.
    const [name, ...others] = names.toSorted();
    if (name === undefined) return work();
    return this.takeOne(name, () => this.take(others, work));
  }

  private async takeOne<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    let end = (): void => {};
    const done = new Promise<void>((resolve) => (end = resolve));
    // Whoever gives up must not let the next one overtake who is at work.
    const turn = Promise.all([before, done]).then(() => {
      if (this.last.get(name) === turn) this.last.delete(name);
    });
    this.last.set(name, turn);
    try {
      if (before) await withPatience(before, 'the work of others at the same thing did not end in time');
      return await work();
    } finally {
      end();
    }
  }
}
