/**
 * The question that Athena is asked: who used the keys of many accounts, tallied in SQL over an organisation's trail.
 * Its rows are what `parseTallies` reads. It says no more of who called than `toActor` needs, so that one session of a
 * role more is no row more, and leaves the rest of the folding to that one piece of code. The records are read once: who
 * names them twice in a query of Athena has them scanned, and paid for, twice.
 */
import { mostNamed, useOperations } from '../../evidence/events.ts';

/** UNLOAD writes at most 100 partitions: https://docs.aws.amazon.com/athena/latest/ug/unload.html */
const bucketCount = 64;

/** Where UNLOAD puts the rows of an account, below its location. */
export const toBucketFolder = (account: string): string => `bucket=${Number(account) % bucketCount}/`;

/** An account whose keys' use is asked for. */
interface AskedHome {
  account: string;
  /** The ids of its keys that matter; not given: every key of it. */
  keyIds?: string[];
}

export interface KeyUseQuestion {
  /** `DATABASE.TABLE`, as infra/athena makes it. */
  table: string;
  homes: readonly AskedHome[];
  /** Where the keys are; not given: in every Region of the table. */
  regions?: readonly string[];
  /** Whole seconds of UTC: the first that counts, and the first that does not any more. */
  from: string;
  to: string;
  /** `s3://BUCKET/PREFIX/`: nobody else's, since UNLOAD adds to the partitions that it finds. */
  location: string;
}

const tableName = /^([a-z0-9_]{1,128})\.([a-z0-9_]{1,128})$/;
const accountId = /^\d{12}$/;
const regionName = /^[a-z]{2}(-[a-z]+)+-\d$/;
const second = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.000)?Z$/;
const folder = /^s3:\/\/[a-z0-9.-]{3,63}\/.*\/$/;
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html: a UUID, or `mrk-` and 32 hex digits. */
const keyId = /^[\w-]{1,128}$/;

/** Whether a name can be the id of a key, and so can stand in the query. */
export const isKeyId = (name: string): boolean => keyId.test(name);

/** Takes what is asked; gives one UNLOAD. Throws RangeError where a part of it is not of the form that it must have. */
export const toKeyUseQuery = (question: KeyUseQuestion): string =>
  [
    // UNLOAD is documented to take a SELECT; what begins with WITH stands inside of one.
    'UNLOAD (SELECT * FROM (',
    toSelect(question),
    `) AS tallies) TO ${toText(question.location, folder)}`,
    "WITH (format = 'JSON', partitioned_by = ARRAY['bucket'])",
  ].join('\n');

/** Told apart by its beginning: the path of a user may hold an ARN, too. */
const isSessionOf = (kind: string): string =>
  `regexp_like(useridentity.arn, '^arn:[^:]+:sts::[^:]*:${kind}/')`;
/** A user's federated session is called by any name: who issued it counts. */
const toIssuer = (part: string): string =>
  `CASE WHEN ${isSessionOf('federated-user')} THEN useridentity.sessioncontext.sessionissuer.${part} END`;

/**
 * What is kept of a call that uses a key. All records, whatever they tell, count for their hour beside that: an hour
 * without any was not kept by the trail, and no use in it is no news. A record that was delivered twice is one call.
 */
const ofUse: Readonly<Record<string, string>> = {
  eventid: 'eventid',
  called_at: "concat(substr(eventtime, 1, 19), 'Z')",
  called: 'eventname',
  outcome: "coalesce(errorcode, 'success')",
  source: "coalesce(sourceipaddress, '')",
  agent: "coalesce(useragent, '')",
  caller_type: 'useridentity.type',
  // A role without its session, of which there may be a new one with each call.
  caller_arn: `CASE
      WHEN ${isSessionOf('assumed-role')} THEN regexp_extract(useridentity.arn, '^[^/]+/[^/]+')
      ELSE useridentity.arn
    END`,
  caller_account: 'useridentity.accountid',
  caller_service: 'useridentity.invokedby',
  caller_id: `CASE
      WHEN useridentity.arn IS NULL AND (useridentity.type = 'AWSService' OR useridentity.accountid IS NULL)
        THEN useridentity.principalid
    END`,
  issuer_type: toIssuer('type'),
  issuer_arn: toIssuer('arn'),
  keys: "filter(resources, named -> regexp_like(named.arn, '^arn:[^:]+:kms:[^:]*:[^:]*:key/'))",
  // A refusal names its key in words alone. The caller's ARN comes first in them, whose path may hold a key's.
  refused_key:
    "nullif(regexp_extract(errormessage, '\\bon resource: (arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9_-]+)', 1), '')",
  // It names one key, and which side of a ReEncrypt was refused.
  refused_side: `CASE
      WHEN eventname = 'ReEncrypt' AND regexp_like(errormessage, '\\bperform: kms:ReEncryptTo on resource: ') THEN 2
      ELSE 1
    END`,
  asked: 'requestparameters',
};

/** Side 0 of a record is its hour's, 1 the key's that is used; a ReEncrypt has the target's as 2. */
const told = ['account', 'region', 'side', 'event_hour', 'is_of_kms', ...Object.keys(ofUse)].join(', ');

const toSelect = ({ table, homes, regions, from, to }: KeyUseQuestion): string => {
  const [, database, name] = tableName.exec(table) ?? [];
  if (!database || !name) throw new RangeError(`a table is called DATABASE.TABLE, not ${table}`);
  const accounts = homes.map(({ account }) => account);
  return `WITH records AS (
  SELECT
    *,
    coalesce(eventsource = 'kms.amazonaws.com' AND eventname IN (${toList(eventNames, eventName)}), false) AS is_use
  FROM "${database}"."${name}"
  WHERE account IN (${toList(accounts, accountId)})
    AND day BETWEEN ${toFolderDay(from)} AND ${toFolderDay(to)}${regions ? `\n    AND region IN (${toList(regions, regionName)})` : ''}
    AND substr(eventtime, 1, 19) >= ${toSecond(from)}
    AND substr(eventtime, 1, 19) < ${toSecond(to)}
),
told AS (
  SELECT
    account,
    region,
    side,
    CASE WHEN side = 0 THEN substr(eventtime, 1, 13) END AS event_hour,
    CASE WHEN side = 0 THEN coalesce(eventsource = 'kms.amazonaws.com', false) END AS is_of_kms,
    ${Object.entries(ofUse)
      .map(([column, expression]) => `CASE WHEN side > 0 THEN ${expression} END AS ${column}`)
      .join(',\n    ')}
  FROM records CROSS JOIN (VALUES 0, 1, 2) AS sides (side)
  WHERE side = 0 OR is_use AND (side = 1 OR eventname = 'ReEncrypt')
),
calls AS (
  SELECT ${told}, count(*) AS records
  FROM told
  GROUP BY ${told}
),
uses AS (
  SELECT
    calls.*,
    CASE WHEN called <> 'ReEncrypt' THEN called WHEN side = 1 THEN 'ReEncryptFrom' ELSE 'ReEncryptTo' END
      AS operation,
    CASE
      WHEN side = 2 THEN coalesce(
        element_at(keys, 2).arn,
        CASE WHEN element_at(keys, 1) IS NULL AND refused_side = 2 THEN refused_key END,
        json_extract_scalar(asked, '$.destinationKeyId')
      )
      ELSE coalesce(
        element_at(keys, 1).arn,
        CASE WHEN refused_side = 1 THEN refused_key END,
        CASE
          WHEN called = 'ReEncrypt' THEN json_extract_scalar(asked, '$.sourceKeyId')
          ELSE json_extract_scalar(asked, '$.keyId')
        END
      )
    END AS key_name,
    json_format(
      CASE
        WHEN called <> 'ReEncrypt' THEN json_extract(asked, '$.encryptionContext')
        WHEN side = 1 THEN json_extract(asked, '$.sourceEncryptionContext')
        ELSE json_extract(asked, '$.destinationEncryptionContext')
      END
    ) AS context
  FROM calls
)
SELECT
  account,
  region,
  side > 0 AS is_use,
  event_hour,
  sum(records) AS records,
  bool_or(is_of_kms) AS has_kms,
  key_name,
  operation,
  context,
  outcome,
  caller_type,
  caller_arn,
  caller_account,
  caller_service,
  caller_id,
  issuer_type,
  issuer_arn,
  count(*) AS calls,
  min(called_at) AS first_at,
  max(called_at) AS last_at,
  min_by(eventid, concat(called_at, eventid), ${mostNamed}) AS events,
  slice(array_sort(array_agg(DISTINCT source)), 1, ${mostNamed}) AS sources,
  slice(array_sort(array_agg(DISTINCT agent)), 1, ${mostNamed}) AS agents,
  mod(CAST(account AS bigint), ${bucketCount}) AS bucket
FROM uses
WHERE side = 0
  OR key_name <> '' AND (${toKeyCondition(homes)})
GROUP BY account, region, side > 0, event_hour, substr(called_at, 1, 10), key_name, operation, context, outcome,
  caller_type, caller_arn, caller_account, caller_service, caller_id, issuer_type, issuer_arn`;
};

/** Without its end, as events are compared: CloudTrail's times are of UTC, and have no fraction of a second. */
const toSecond = (moment: string): string => `'${toText(moment, second).slice(1, 20)}'`;

/** Folders are of the days of delivery: an event lies in that of its own day, or of a later one. */
const toFolderDay = (moment: string): string =>
  toText(moment, second).replace(/^'(\d{4})-(\d\d)-(\d\d)T.*$/, "'$1/$2/$3'");

const eventName = /^\w+$/;
/** One event tells both sides of a ReEncrypt. */
const eventNames = new Set(
  useOperations.map((operation) => operation.replace(/^ReEncrypt(From|To)$/, 'ReEncrypt')),
);

/** A call that failed may name its key by an alias: which key that is, only the home knows. */
const toKeyCondition = (homes: readonly AskedHome[]): string => {
  const ids = homes.flatMap(({ keyIds }) => keyIds ?? []);
  const whole = homes.filter(({ keyIds }) => !keyIds).map(({ account }) => account);
  const conditions = [
    ...(ids.length > 0 ? [`regexp_extract(key_name, '[^/]+$') IN (${toList(new Set(ids), keyId)})`] : []),
    ...(whole.length > 0 ? [`account IN (${toList(whole, accountId)})`] : []),
    "key_name LIKE '%alias/%'",
  ];
  return conditions.join(' OR ');
};

const toList = (values: Iterable<string>, form: RegExp): string =>
  [...values].map((value) => toText(value, form)).join(', ');

/** A text of SQL; nothing that is not of its form gets that far. */
const toText = (value: string, form: RegExp): string => {
  if (!form.test(value)) throw new RangeError(`${JSON.stringify(value)} is not of the form ${form}`);
  return `'${value.replaceAll("'", "''")}'`;
};
