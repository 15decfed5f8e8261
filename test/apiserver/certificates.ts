/** What a cluster's control plane is given once: an authority, the certificates it signed, a key to sign tokens with. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

export const makeCertificates = (folder: string) => {
  const toFiles = (name: string) => ({
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}-key.pem`),
  });
  const authority = toFiles('authority');
  const make = (name: string, subject: string, ...words: string[]) => {
    const files = toFiles(name);
    const given = [
      'req',
      '-x509',
      ...curve,
      '-subj',
      subject,
      '-keyout',
      files.key,
      '-out',
      files.certificate,
    ];
    execFileSync('openssl', [...given, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    return files;
  };
  const sign = (name: string, subject: string, extension: string) =>
    make(
      name,
      subject,
      ...['-CA', authority.certificate, '-CAkey', authority.key],
      ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', extension],
    );

  make('authority', '/CN=authority', '-addext', 'keyUsage=critical,keyCertSign');
  const tokenKey = join(folder, 'token-key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  writeFileSync(tokenKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return {
    authority,
    server: sign('server', '/CN=kube-apiserver', 'subjectAltName=IP:127.0.0.1'),
    /** Of the group that no authorizer is asked about. */
    admin: sign('admin', '/O=system:masters/CN=kubernetes-admin', 'extendedKeyUsage=clientAuth'),
    tokenKey,
  };
};
