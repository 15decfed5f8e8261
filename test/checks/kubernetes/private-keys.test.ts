import { describe, expect, it } from 'vitest';
import {
  getKnownKeys,
  isFileCredential,
  isPrivateKeyName,
} from '../../../shared/checks/kubernetes/private-keys.ts';

describe('the names of private keys', () => {
  it.each([
    'tls.key',
    'server.key',
    'www.example.com.key',
    'TLS.KEY',
    'key.pem',
    'server-key.pem',
    'privkey.pem',
    'private.pem.key',
    'private-key',
    'privateKey',
    'PRIVATE_KEY',
    'github-app-private-key.pem',
    'sshPrivateKey',
    'ssh-privatekey',
    'id_rsa',
    'id_ed25519',
    'deploy.id_ecdsa_sk',
    'ssh_host_ed25519_key',
    'keystore.jks',
    'keystore.p12',
    'client.pfx',
    'AuthKey_2X9R4HXF34.p8',
    'login.ppk',
    'age.agekey',
  ])('hold %s', (name) => {
    expect(isPrivateKeyName(name)).toBe(true);
  });

  it.each([
    'password',
    'key',
    'apikey',
    'api.key',
    'stripe-api.key',
    'license.key',
    'encryption.key',
    'session.key',
    'master.key',
    'public.key',
    'tls.crt',
    'ca.crt',
    'cert.pem',
    'monkey.pem',
    'id_rsa.pub',
    'known_hosts',
    'authorized_keys',
    'truststore.jks',
    'truststore.p12',
    'valid_rsa',
    '.key',
    '',
  ])('do not hold %j', (name) => {
    expect(isPrivateKeyName(name)).toBe(false);
  });

  it('are not asked where the type says that it is a file’s content, its public parts left out', () => {
    expect(isFileCredential('kubernetes.io/dockerconfigjson', '.dockerconfigjson')).toBe(true);
    expect(isFileCredential('kubernetes.io/tls', 'tls.crt')).toBe(true);
    expect(isFileCredential('kubernetes.io/tls', 'ca.crt')).toBe(false);
    expect(isFileCredential('kubernetes.io/ssh-auth', 'known_hosts')).toBe(false);
    expect(isFileCredential('Opaque', 'password')).toBe(false);
    expect(isFileCredential(undefined, 'password')).toBe(false);
    expect(isFileCredential(undefined, 'tls.key')).toBe(true);
  });
});

describe('the keys of a Secret', () => {
  it.each<[string, Parameters<typeof getKnownKeys>[0], ReturnType<typeof getKnownKeys>]>([
    ['are those it names', { type: 'Opaque', keys: ['a'], dataCount: 1 }, { keys: ['a'], areAll: true }],
    [
      'are some, where it has more',
      { type: 'Opaque', keys: ['a'], dataCount: 2 },
      { keys: ['a'], areAll: false },
    ],
    ['are not known without names', { type: 'Opaque', dataCount: 2 }, { keys: [], areAll: false }],
    ['are none, where it has none', { type: 'Opaque', dataCount: 0 }, { keys: [], areAll: true }],
    [
      'are those its type demands',
      { type: 'kubernetes.io/tls', dataCount: 2 },
      { keys: ['tls.crt', 'tls.key'], areAll: true },
    ],
    [
      'are more than its type demands',
      { type: 'kubernetes.io/tls', dataCount: 3 },
      { keys: ['tls.crt', 'tls.key'], areAll: false },
    ],
    [
      'may be more, where nobody counted',
      { type: 'kubernetes.io/ssh-auth' },
      { keys: ['ssh-privatekey'], areAll: false },
    ],
  ])('%s', (_, secret, known) => {
    expect(getKnownKeys(secret)).toEqual(known);
  });
});
