import { InvalidArgumentError } from 'commander';

/** Reads how many at most: an integer from 1 to the largest. */
export function pageSize(largest: number): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) > largest) {
      throw new InvalidArgumentError(`It must be an integer from 1 to ${largest}.`);
    }
    return Number(text);
  };
}
