import { DefaultNamingStrategy, type NamingStrategyInterface } from 'typeorm';

/** The naming strategy many hosts have: every table and column in snake_case. */
export class SnakeCaseNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override tableName(className: string, customName: string): string {
    return customName || snakeCase(className);
  }

  override columnName(property: string, customName: string, prefixes: string[]): string {
    return snakeCase([...prefixes, customName || property].join('_'));
  }
}

function snakeCase(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
