import { afterEach, describe, expect, it, vi } from 'vitest';
import { OverdueError, PATIENCE_MS } from '../../lib/storage/patience.js';
import { Turns } from '../../lib/storage/turns.js';

/** Work that ends when it is told to. */
function work(name: string, log: string[]) {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end: () => end() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns of work that must not overlap', () => {
  afterEach(() => vi.useRealTimers());

  it('are in the order of arrival, one at a time for a name, and at once for others', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [one, two, other] = [work('one', log), work('two', log), work('other', log)];
    const answers = [turns.take(['a'], one.run), turns.take(['a'], two.run), turns.take(['b'], other.run)];
    await settled();
    expect(log).toEqual(['one begins', 'other begins']);
    one.end();
    await settled();
    expect(log).toEqual(['one begins', 'other begins', 'one ends', 'two begins']);
    two.end();
    other.end();
    await expect(Promise.all(answers)).resolves.toEqual(['one', 'two', 'other']);
  });

  it('come after work that failed', async () => {
    const turns = new Turns();
    const failed = turns.take(['a'], () => Promise.reject(new Error('no')));
    const next = turns.take(['a'], async () => 'next');
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('next');
  });

  it('do not wait for each other with the same names in another order', async () => {
    const turns = new Turns();
    const answers = Array.from({ length: 40 }, (_, i) =>
      turns.take(i % 2 === 0 ? ['a', 'b', 'c'] : ['c', 'b', 'a'], async () => settled().then(() => i)),
    );
    await expect(Promise.all(answers)).resolves.toHaveLength(40);
  });

  it('are given up in time, and nobody overtakes the one who is at work', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const turns = new Turns();
    const log: string[] = [];
    const [slow, late] = [work('slow', log), work('late', log)];
    const atWork = turns.take(['a'], slow.run);
    const impatient = expect(turns.take(['a'], async () => 'never')).rejects.toBeInstanceOf(OverdueError);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    await impatient;
    const next = turns.take(['a'], late.run);
    await settled();
    expect(log).toEqual(['slow begins']);
    slow.end();
    late.end();
    await Promise.all([atWork, next]);
    expect(log).toEqual(['slow begins', 'slow ends', 'late begins', 'late ends']);
  });
});
