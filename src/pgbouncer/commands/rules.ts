import { type Policy, parseRequest } from '../relation/request.ts';

/** What an application may be given, and how its request is read by that. */
export interface Rules {
  readonly policy: Policy;
  readonly parse: ReturnType<typeof parseRequest>;
}

export const rulesOf = (policy: Policy): Rules => ({ policy, parse: parseRequest(policy) });
