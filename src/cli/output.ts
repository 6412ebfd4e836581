/** What a command has to say goes to standard output. */
export const out = (text: string): void => void process.stdout.write(text);

/** The one document of a command that is asked for JSON. */
export const json = (value: unknown): void => out(`${JSON.stringify(value, null, 2)}\n`);
