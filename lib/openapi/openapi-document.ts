import type { JsonSchema } from '../client-metadata/json-schema.js';

/** What this module says about its endpoints, as a document of its own (OpenAPI 3.1). */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly OpenApiServer[];
  readonly tags: readonly OpenApiTag[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  };
}

export interface OpenApiServer {
  readonly url: string;
}

export interface OpenApiTag {
  readonly name: string;
  readonly description?: string;
}

/** The operations of a path by their method in lower case. */
export type PathItem = Readonly<Partial<Record<'get' | 'put' | 'post' | 'delete', OpenApiOperation>>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: Readonly<Record<string, OpenApiResponse | { readonly $ref: string }>>;
  /** Absent where the document of the host decides. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly servers?: readonly OpenApiServer[];
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'header';
  readonly description?: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, OpenApiHeader>>;
  readonly content?: OpenApiContent;
}

export interface OpenApiHeader {
  readonly description?: string;
  /** Whether every such answer has it. */
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

export interface SecurityScheme {
  readonly type: 'http';
  readonly scheme: 'bearer';
  readonly description: string;
}

export type OpenApiContent = Readonly<
  Record<'application/json', { readonly schema: JsonSchema; readonly example?: unknown }>
>;

/** A JSON body. */
export function json(schema: JsonSchema, example?: unknown): OpenApiContent {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
}
