const marked = new WeakMap<object, Set<string>>();

/**
 * Marks a column of a host's own client entity as the place of a metadata field of the same name (`acmeTier` for `acme_tier`), beside
 * TypeORM's `@Column()`. Only marked columns are written with what clients send.
 */
export function ClientMetadataColumn(): PropertyDecorator {
  return (prototype, property) => {
    const properties = marked.get(prototype) ?? new Set<string>();
    marked.set(prototype, properties.add(String(property)));
  };
}

/** Whether a property of an entity class, or of one of its parents, is marked. */
export function isClientMetadataColumn(entity: { prototype: object }, property: string): boolean {
  for (let prototype: object | null = entity.prototype; prototype; prototype = Object.getPrototypeOf(prototype)) {
    if (marked.get(prototype)?.has(property)) return true;
  }
  return false;
}
