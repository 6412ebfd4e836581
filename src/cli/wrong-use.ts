/** The command line was used wrongly; the message says how to use it. Exit code 2. */
export class WrongUse extends Error {}
