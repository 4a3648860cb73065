/** A software statement that was verified: by whom, what it says, and its text (RFC 7591 section 2.3). */
export interface SoftwareStatement {
  /** Its `iss`. */
  readonly issuer: string;
  /** All claims, those of the JWT itself included. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The statement byte for byte. */
  readonly text: string;
}

/** The parts of a statement before anything of it is believed. */
export interface StatementParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Takes a statement apart whose form was judged (`softwareStatement` in `software-statement.rules.ts`). */
export function statementParts(text: string): StatementParts {
  const [header, claims] = text
    .split('.', 2)
    .map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  return { header: Object(header), claims: Object(claims) };
}

/** A statement as it is stored: it was verified when it came. */
export function storedStatement(text: string): SoftwareStatement {
  const { claims } = statementParts(text);
  return { issuer: String(claims['iss']), claims, text };
}
