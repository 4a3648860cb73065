import { access } from 'node:fs/promises';

/** Whether there is such a file. */
export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
