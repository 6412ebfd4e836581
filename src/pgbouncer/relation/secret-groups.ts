/** Which fields of an answer share a Juju secret. */
import { bagKeys, tlsGroup, userGroup } from '../keys.ts';
import type { Reply } from './request.ts';

/** The group of each field that may be asked for as a secret. */
export const groupOf: Readonly<Record<string, string>> = {
  [bagKeys.username]: userGroup,
  [bagKeys.password]: userGroup,
  [bagKeys.uris]: userGroup,
  [bagKeys.readOnlyUris]: userGroup,
  [bagKeys.tls]: tlsGroup,
  [bagKeys.tlsAuthorities]: tlsGroup,
};

/** The groups of fields that are answered in secrets. */
export const groupsOf = (reply: Reply): readonly string[] =>
  reply._tag === 'V1'
    ? [userGroup, tlsGroup]
    : [...new Set(reply.secretFields.flatMap((field) => groupOf[field] ?? []))];
