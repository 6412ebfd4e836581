import pg from 'pg';

/** A name as SQL has it. */
export const id = (name: string): string => pg.escapeIdentifier(name);

/** A text as SQL has it. */
export const text = (value: string): string => pg.escapeLiteral(value);

/** Names of roles, separated by commas. */
export const ids = (names: readonly string[]): string => names.map(id).join(', ');

/** Texts for `IN (…)`, which takes at least one. */
export const texts = (values: readonly string[]): string =>
  values.length === 0 ? 'NULL' : values.map(text).join(', ');

/** Numbers of roles or databases for `IN (…)`. */
export const oids = (values: readonly number[]): string =>
  values.length === 0 ? 'NULL' : values.map(Number).join(', ');

/** A body in PL/pgSQL as a statement: quoted as any text is, whatever names stand in it. */
export const block = (body: string): string => `DO ${text(body)}`;
