/** Who calls, and where: read from the SigV4 credential scope, as AWS does. Signatures are not verified. */
import { AwsError } from './aws-error.ts';
import type { Caller, Service } from './service.ts';
import type { CommonCodes } from './wire/protocol.ts';
import type { World } from './world.ts';

/** The scope of an Authorization header: Credential=KEY/DAY/REGION/SERVICE/aws4_request. */
export const parseScope = (authorization: string | undefined) => {
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]*)\/([^/,\s]+)\/aws4_request/.exec(
    authorization ?? '',
  );
  if (scope === null) return undefined;
  const [, accessKeyId = '', region = '', service = ''] = scope;
  return { accessKeyId, region, service };
};

/**
 * Takes a request's access key id, session token and Region; gives the caller, or throws what AWS answers to an
 * unknown or expired key, and to any key in a Region that its account has not enabled.
 */
export const findCaller = (
  world: World,
  service: Service,
  codes: CommonCodes,
  request: { accessKeyId: string; region: string; sessionToken: string | undefined },
): Caller => {
  const invalid = () =>
    new AwsError(
      codes.invalidToken.code,
      'The security token included in the request is invalid.',
      codes.invalidToken.status,
    );
  const session = world.sessions.get(request.accessKeyId);
  if (session === undefined || session.sessionToken !== request.sessionToken) throw invalid();
  if (session.expiresAt <= Date.now()) {
    throw new AwsError(
      codes.expiredToken.code,
      'The security token included in the request is expired',
      codes.expiredToken.status,
    );
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
  const account = world.accounts.get(session.caller.account);
  if (service.isGlobal !== true && account?.regions.includes(request.region) !== true) throw invalid();
  return session.caller;
};
