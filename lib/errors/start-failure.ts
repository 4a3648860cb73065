/** Ends the start with a message that says whose it is. */
export function fail(message: string): never {
  throw new Error(`DynamicRegistrationModule: ${message}`);
}
