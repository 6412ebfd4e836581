/** What is packed, or what it is packed with, is not as it has to be: the message says what to do. */
export class PackingFailed extends Error {}
