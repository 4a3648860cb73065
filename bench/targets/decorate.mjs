// Decorators without their syntax, which JavaScript does not have yet.
import 'reflect-metadata';

/** Decorates a class, as `@A() @B() class`. */
export function decorateClass(type, ...decorators) {
  Reflect.decorate(decorators, type);
}

/** Decorates a property, as `@A() @B() name`. */
export function decorateProperty(type, name, ...decorators) {
  Reflect.decorate(decorators, type.prototype, name);
}

/**
 * Decorates a method and its parameters.
 * @param parameters for each one its decorator and the type that TypeScript would write down
 */
export function decorateMethod(type, name, decorators, parameters) {
  parameters.forEach(([decorator], index) => decorator(type.prototype, name, index));
  const types = parameters.map(([, parameterType]) => parameterType);
  Reflect.defineMetadata('design:paramtypes', types, type.prototype, name);
  Reflect.decorate(decorators, type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
}

/** Injects into a constructor, in the order of its parameters. */
export function decorateConstructor(type, ...parameters) {
  parameters.forEach((decorator, index) => decorator(type, undefined, index));
}
