/** Which keys of a Secret hold a private key, told by their names: nothing else of them is ever known. */
import { type Secret, secretTypes } from '../../evidence/kubernetes/secret.ts';

/** Words before `.key` that make it a key of another kind: an API's, a licence's, a cipher's. */
const otherKeys =
  /(?:^|[-_.])(?:api|apps?|licen[cs]e|product|activation|access|session|cookie|secret|secrets|encryption|token|auth|shared|hmac|aes|master|public|pub|registry)\.key$/i;

const privateKeyNames: readonly RegExp[] = [
  // tls.key, server.key, example.com.key
  /.\.key$/i,
  // key.pem, server-key.pem, privkey.pem: https://eff-certbot.readthedocs.io/en/stable/using.html#where-are-my-certificates
  /(?:^|[-_.])(?:priv)?key\.pem$/i,
  // private-key, privateKey, PRIVATE_KEY_PEM, sshPrivateKey, ssh-privatekey
  /private[-_.]?key/i,
  // What ssh-keygen and sshd call theirs: https://man.openbsd.org/ssh-keygen#FILES
  /(?:^|[-_.])id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/i,
  /ssh_host_[a-z0-9]+_key$/i,
  // Stores that hold one: PKCS #12, PKCS #8, Java's, PuTTY's, age's
  /\.(?:p12|pfx|p8|pk8|ppk|agekey)$/i,
  /^keystore\.jks$/i,
];

/** https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.JKSKeystore */
const trustStore = /^trust[-_.]?store\./i;

/** Takes the name of a Secret's key; tells whether a private key is usually kept under such a name. */
export const isPrivateKeyName = (key: string): boolean =>
  !otherKeys.test(key) &&
  !trustStore.test(key) &&
  !/\.pub$/i.test(key) &&
  privateKeyNames.some((pattern) => pattern.test(key));

/** Types whose content is a credential as a file: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
const fileTypes: readonly string[] = [
  secretTypes.tls,
  secretTypes.sshAuth,
  secretTypes.dockerconfigjson,
  secretTypes.dockercfg,
];

/** What lies beside a private key and is public. */
const isPublicName = (key: string): boolean => /^(?:ca\.crt|known_hosts)$|\.pub$/i.test(key);

/** Whether what is kept under a key of a Secret of some type (undefined: not known) is a credential made to be a file. */
export const isFileCredential = (type: string | undefined, key: string): boolean =>
  isPrivateKeyName(key) || (type !== undefined && fileTypes.includes(type) && !isPublicName(key));

/** The keys that the API server demands of a type, so that it holds them whatever else is known. */
const demandedKeys: ReadonlyMap<string, readonly string[]> = new Map([
  [secretTypes.tls, ['tls.crt', 'tls.key']],
  [secretTypes.sshAuth, ['ssh-privatekey']],
]);

/** The names of a Secret's keys as far as they are known, and whether those are all. */
export const getKnownKeys = ({
  type,
  keys,
  dataCount,
}: Pick<Secret, 'type' | 'keys' | 'dataCount'>): { keys: string[]; areAll: boolean } => {
  const known = [...new Set([...(keys ?? []), ...(demandedKeys.get(type) ?? [])])];
  return {
    keys: known,
    areAll: dataCount === undefined ? keys !== undefined : known.length >= dataCount,
  };
};
