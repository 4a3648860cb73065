/** A request of this server that was not made, or got no answer that can be used. It tells no caller more than that. */
export class OutboundRequestError extends Error {
  /**
   * @param message what the log says
   * @param isTransient whether the same request may succeed later; otherwise it is the URL, or what is there, that has to change
   */
  constructor(
    message: string,
    readonly isTransient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
