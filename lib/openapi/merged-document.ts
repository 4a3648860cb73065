import { fail } from '../errors/start-failure.js';
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.js';

/** A document of the host, such as `SwaggerModule.createDocument` makes. */
export interface HostDocument {
  readonly openapi: string;
  readonly paths: object;
  readonly components?: object;
  readonly tags?: readonly { readonly name: string }[];
  readonly servers?: readonly { readonly url: string }[];
}

type Members = Readonly<Record<string, unknown>>;

/**
 * The document with the paths, components and tags of another one. Neither of them changes.
 * @param routes routes of this module, by which the host's generator may have found handlers it can say nothing about
 * @throws Error when the document is not OpenAPI 3.1, or has an operation of the same path and method
 */
export function mergedDocument<D extends HostDocument>(
  document: D,
  own: OpenApiDocument,
  routes: readonly string[],
): D {
  if (!/^3\.[1-9]/.test(document.openapi)) {
    fail(
      `the schemas are OpenAPI 3.1, the document is ${document.openapi}. Make it with new DocumentBuilder().setOpenAPIVersion('3.1.0')`,
    );
  }
  const servers = isSame(document.servers, own.servers) ? {} : { servers: own.servers };
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => !routes.includes(path)));
  for (const [path, operations] of Object.entries(own.paths)) {
    const item: Members = { ...paths[path] };
    for (const [method, operation] of Object.entries<OpenApiOperation>(operations)) {
      if (method in item) {
        fail(`the document has ${method.toUpperCase()} ${path} already. Describe this import in a document of its own`);
      }
      paths[path] = { ...paths[path], [method]: { ...operation, ...servers } };
    }
  }
  return {
    ...document,
    tags: [...new Map([...own.tags, ...(document.tags ?? [])].map((tag) => [tag.name, tag])).values()],
    paths,
    components: mergedComponents({ ...document.components }, own.components),
  };
}

function mergedComponents(host: Members, own: Members): Members {
  const merged = Object.entries(own).map(([section, components]) => [
    section,
    { ...Object(host[section]), ...Object(components) },
  ]);
  return { ...host, ...Object.fromEntries(merged) };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
