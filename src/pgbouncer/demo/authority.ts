/** Somebody who gives certificates, for a day: what an application behind `certificates` does. */
import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

export interface DemoAuthority {
  /** By whom all that it certifies is verified, as PEM. */
  readonly ca: string;
  /** A certificate for what a signing request asks for, as PEM. */
  readonly certify: (request: string) => string;
}

const day = 86_400_000;
const rsaWithSha256 = '1.2.840.113549.1.1.11';
const extensionRequest = '1.2.840.113549.1.9.14';
const commonName = '2.5.4.3';

export function demoAuthority(name: string): DemoAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secret = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const own = publicKey.export({ type: 'spki', format: 'der' });
  const issuer = named(name);
  const algorithm = new AlgorithmIdentifier({ algorithm: rsaWithSha256, parameters: null });
  const signed = (subject: Name, key: SubjectPublicKeyInfo, extensions: Extension[]): string => {
    const now = Date.now();
    const tbsCertificate = new TBSCertificate({
      version: Version.v3,
      // Positive, and of no certificate before it.
      serialNumber: bytesOf(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      signature: algorithm,
      issuer,
      // A clock that is a little behind takes it as well.
      validity: new Validity({
        notBefore: new Date(now - day / 24),
        notAfter: new Date(now + day),
      }),
      subject,
      subjectPublicKeyInfo: key,
      extensions: new Extensions(extensions),
    });
    const der = Buffer.from(AsnConvert.serialize(tbsCertificate));
    const certificate = new Certificate({
      tbsCertificate,
      signatureAlgorithm: algorithm,
      signatureValue: bytesOf(sign('sha256', der, secret)),
    });
    const bytes = Buffer.from(AsnConvert.serialize(certificate));
    return new X509Certificate(bytes).toString();
  };
  return {
    ca: signed(issuer, AsnConvert.parse(own, SubjectPublicKeyInfo), [constraint(true)]),
    certify: (request) => {
      const [, base64 = ''] = /-----BEGIN[^\n]*\n([^-]*)-----END/.exec(request) ?? [];
      const { certificationRequestInfo: asked } = AsnConvert.parse(
        Buffer.from(base64, 'base64'),
        CertificationRequest,
      );
      const wanted = asked.attributes
        .filter(({ type }) => type === extensionRequest)
        .flatMap(({ values }) => values.flatMap((one) => [...AsnConvert.parse(one, Extensions)]));
      return signed(asked.subject, asked.subjectPKInfo, [constraint(false), ...wanted]);
    },
  };
}

const constraint = (cA: boolean): Extension =>
  new Extension({
    extnID: id_ce_basicConstraints,
    critical: true,
    extnValue: new OctetString(AsnConvert.serialize(new BasicConstraints(cA ? { cA } : {}))),
  });

const named = (name: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({
        type: commonName,
        value: new AttributeValue({ utf8String: name }),
      }),
    ]),
  ]);

const bytesOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;
