import type { JsonSchema } from '../client-metadata/json-schema.js';

/**
 * Names of the components of one import of the module: each begins with its route, which no other import has and with a period, which no class
 * of the host has. So a merge with other documents never joins two components.
 */
export class ComponentNames {
  private readonly prefix: string;

  /** @param mount the route of the registration endpoint */
  constructor(mount: string) {
    // Component names may have A-Z a-z 0-9 - . _ alone (OpenAPI 3.1 section 4.8.7), and two routes must not become one name.
    const segments = mount.slice(1).split('/');
    this.prefix = segments
      .map((segment) => segment.replace(/[^A-Za-z0-9-]/g, (one) => `_${one.charCodeAt(0).toString(16)}`))
      .join('.');
  }

  of(name: string): string {
    return `${this.prefix}.${name}`;
  }

  /** A reference to a schema. */
  schema(name: string): JsonSchema {
    return { $ref: `#/components/schemas/${this.of(name)}` };
  }

  /** A reference to a response. */
  response(name: string): { readonly $ref: string } {
    return { $ref: `#/components/responses/${this.of(name)}` };
  }

  /** The names as they stand in the document. */
  named<T>(components: Readonly<Record<string, T>>): Record<string, T> {
    return Object.fromEntries(Object.entries(components).map(([name, component]) => [this.of(name), component]));
  }
}
