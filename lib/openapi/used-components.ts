import type { OpenApiDocument } from './openapi-document.js';

type Components = OpenApiDocument['components'];

/** The components that the paths refer to, directly or through another one: what an import does not offer needs no schema. */
export function usedComponents(
  paths: OpenApiDocument['paths'],
  { schemas, responses, ...others }: Components,
): Components {
  let text = JSON.stringify(paths);
  const used = <T>(section: string, components: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(components).filter(([name]) => text.includes(`"#/components/${section}/${name}"`)),
    );
  for (let known = ''; known !== text;) {
    known = text;
    text = JSON.stringify([paths, used('responses', responses), used('schemas', schemas)]);
  }
  return { schemas: used('schemas', schemas), responses: used('responses', responses), ...others };
}
