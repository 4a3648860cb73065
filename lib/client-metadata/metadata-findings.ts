import type { RegistrationError } from '../errors/registration.error.js';

/** Takes down what is wrong with the metadata of a client. */
export interface Findings {
  /** @throws the error, where the first one ends the judgement */
  refuse(field: string, error: RegistrationError): void;
  /** Whether something is wrong with the field already. */
  isRefused(field: string): boolean;
}

/** Ends with the first mistake: what a request is answered with. */
export const FIRST_MISTAKE: Findings = {
  refuse: (_field, error) => {
    throw error;
  },
  isRefused: () => false,
};

/** Goes on, so that every mistake is found at once. */
export class EveryMistake implements Findings {
  readonly errors: RegistrationError[] = [];
  private readonly fields = new Set<string>();

  refuse(field: string, error: RegistrationError): void {
    // What was sent and what was derived from it can break one rule twice.
    if (!this.errors.some(({ message }) => message === error.message)) this.errors.push(error);
    this.fields.add(field);
  }

  isRefused(field: string): boolean {
    return this.fields.has(field);
  }
}
