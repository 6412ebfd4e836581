/** A key and what is to be certified of it (PKCS #10), for the private key that only this unit has. */
import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { commonNameOf } from '../relation/certificate.ts';

/** A new private key, as PEM: one that every provider of certificates takes. */
export async function makeKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A signing request for these names and addresses, as PEM. */
export function makeRequest(
  pem: string,
  {
    names,
    mark,
  }: {
    readonly names: readonly string[];
    /** Tells it from any other request. */
    readonly mark: string;
  },
): string {
  const secret = createPrivateKey(pem);
  const name = commonNameOf(names);
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' });
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: new Name([
      ...(name === null ? [] : [attribute(oid.commonName, name)]),
      attribute(oid.uniqueIdentifier, mark),
    ]),
    subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    attributes: new Attributes([
      new Attribute({ type: oid.extensionRequest, values: [AsnConvert.serialize(wanted(names))] }),
    ]),
  });
  const der = Buffer.from(AsnConvert.serialize(certificationRequestInfo));
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: oid.rsaWithSha256, parameters: null }),
    signature: bytesOf(sign('sha256', der, secret)),
  });
  const base64 = Buffer.from(AsnConvert.serialize(request)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  const kind = 'CERTIFICATE REQUEST';
  return `${[`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`].join('\n')}\n`;
}

const attribute = (type: string, utf8String: string): RelativeDistinguishedName =>
  new RelativeDistinguishedName([
    new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) }),
  ]);

function wanted(names: readonly string[]): Extensions {
  const all = names.map(
    (name) => new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name }),
  );
  const alternatives = AsnConvert.serialize(new SubjectAlternativeName(all));
  const extnValue = new OctetString(alternatives);
  return new Extensions([new Extension({ extnID: id_ce_subjectAltName, extnValue })]);
}

const bytesOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const oid = {
  commonName: '2.5.4.3',
  uniqueIdentifier: '2.5.4.45',
  extensionRequest: '1.2.840.113549.1.9.14',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;
