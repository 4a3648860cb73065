/** A schema object of OpenAPI 3.1, which is JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema with more said about it, and about its entries. */
export function refined(schema: JsonSchema, more: JsonSchema): JsonSchema {
  const { items, ...others } = more;
  return {
    ...schema,
    ...others,
    ...(items === undefined ? {} : { items: { ...Object(schema['items']), ...Object(items) } }),
  };
}

/** One schema for several that all hold: their members side by side, unless two of them say different things under one name. */
export function conjunction(schemas: readonly JsonSchema[]): JsonSchema {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of schemas.flatMap((schema) => Object.entries(schema))) {
    if (name in merged && JSON.stringify(merged[name]) !== JSON.stringify(value)) return { allOf: schemas };
    merged[name] = value;
  }
  return merged;
}
