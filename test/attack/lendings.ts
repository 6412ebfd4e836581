/**
 * Whose rights the charm lends to roles that it makes for one removal: they are gone before anybody
 * can look, so it is read from the statements that the server has logged.
 */
const made = /\bCREATE ROLE "([^"]+)"([^;]*)/g;
const change = /\b(GRANT|REVOKE) ((?:"[^"]+"(?:, )?)+) (?:TO|FROM) "([^"]+)"/g;

export class Lendings {
  readonly #lent = new Map<string, Set<string>>();
  readonly #makers = new Set<string>();

  read(statements: string): void {
    for (const [, role = '', options = ''] of statements.matchAll(made)) {
      this.#lent.set(role, new Set());
      if (/\b(?:SUPERUSER|CREATEROLE|CREATEDB|BYPASSRLS|REPLICATION)\b/.test(options))
        this.#makers.add(role);
    }
    for (const [, verb, roles = '', member = ''] of statements.matchAll(change))
      for (const [, role = ''] of roles.matchAll(/"([^"]+)"/g)) {
        const lent = this.#lent.get(member);
        if (verb === 'GRANT') lent?.add(role);
        else lent?.delete(role);
      }
  }

  /** What a role that was seen to be made is lent at this point of the log. */
  to(role: string): readonly string[] {
    return [...(this.#lent.get(role) ?? [])];
  }

  /** Whether it was made with more than a login. */
  makes(role: string): boolean {
    return this.#makers.has(role);
  }
}
