/** Ends the start with a message that says whose it is. */
export function fail(message: string, options?: ErrorOptions): never {
  throw new Error(`DynamicRegistrationModule: ${message}`, options);
}
