import { maskText } from '../../hook/index.ts';
import { userInfo } from '../../shown/masking.ts';

export { maskedDatabag } from '../../shown/masking.ts';

/** What a program says of its configuration, which may quote what is a secret there. */
const inWords = [
  userInfo,
  /()(?:SCRAM-SHA-256\$|md5[0-9a-f]{32})\S*/g,
  /(\bpassword\s*[=:]\s*)(?:'[^']*'|"[^"]*"|\S+)/gi,
  // A line of a userlist: a name, and its secret.
  /("[^"]*"\s+)"[^"]*"?/g,
];

/** Words of a program, with the secrets in them masked: those that are known by their form. */
export const maskedWords = (text: string): string =>
  inWords.reduce((words, secret) => words.replace(secret, `$1${maskText}`), text);
