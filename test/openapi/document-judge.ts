import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'vitest';
import type { JsonResponse } from '../support/start-server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- a document is read here like any other JSON
type Json = any;

/** Asserts that a document is what the OpenAPI specification calls one, and that each of its references leads somewhere. */
export async function expectValidDocument(document: object): Promise<void> {
  const validator = new Validator();
  // As a reader gets it: functions, classes and `undefined` do not survive.
  const wire: Json = JSON.parse(JSON.stringify(document));
  expect(await validator.validate(wire)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const references = [...JSON.stringify(wire).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
  for (const [, section = '', name = ''] of references) expect(Object.keys(wire.components[section])).toContain(name);
  const ids = Object.values<Json>(wire.paths).flatMap((item) =>
    Object.values<Json>(item).map((one) => one.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
}

/** Reads bodies and answers with the schemas of a document, by JSON Schema 2020-12. */
export class DocumentJudge {
  private readonly document: Json;
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: object) {
    this.document = JSON.parse(JSON.stringify(document));
    formats.default(this.ajv);
    this.ajv.addSchema(this.document, 'document');
  }

  /** What the schema of an operation has against a body. */
  request(method: string, path: string, body: unknown): string[] {
    return this.errors(
      ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'],
      JSON.parse(JSON.stringify(body)),
    );
  }

  /** Asserts that an answer is one of those the operation may give: status, headers and body. */
  expectAnswer(method: string, path: string, { status, headers, body }: JsonResponse): void {
    const described = this.document.paths[path][method].responses;
    expect(Object.keys(described)).toContain(String(status));
    const own = ['paths', path, method, 'responses', String(status)];
    const reference: string | undefined = described[status].$ref;
    const at = reference === undefined ? own : reference.slice(2).split('/');
    const response = at.reduce((part, name) => part[name], this.document);
    for (const [name, header] of Object.entries<Json>(response.headers ?? {})) {
      const value = headers.get(name);
      if (header.required) expect(value, name).not.toBeNull();
      const read = header.schema.type === 'integer' ? Number(value) : value;
      if (value !== null) expect(this.errors([...at, 'headers', name, 'schema'], read), name).toEqual([]);
    }
    if (!response.content) expect(body).toBeUndefined();
    else expect(this.errors([...at, 'content', 'application/json', 'schema'], body)).toEqual([]);
  }

  private errors(at: readonly string[], value: unknown): string[] {
    const pointer = at.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.ajv.getSchema(`document#/${pointer}`);
    if (!validate) throw new Error(`the document has nothing at ${pointer}`);
    return validate(value) ? [] : [this.ajv.errorsText(validate.errors)];
  }
}
