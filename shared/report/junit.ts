/**
 * Findings as JUnit XML, of the dialect that Jenkins' xUnit plugin describes: a case a finding, all in one suite. What is
 * unknown or does not apply is skipped. A target that could not be scanned at all is an error: without it the suite
 * would look clean.
 */
import XMLBuilder from 'fast-xml-builder';
import type { Finding, Target } from '../findings/finding.ts';
import { toPrintable } from './printable.ts';
import { type Result, toExceptionText } from './result.ts';

const builder = new XMLBuilder({
  format: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
  suppressEmptyNode: true,
});

/** Stands where the cases go, which may be too many to hold them all. In data its brackets would be escaped. */
const casesPlace = '<testcase/>';

/** Takes a result; gives one document in pieces, the cases in the result's order, then the targets. */
export async function* toJunit({ run, findings, summary }: Result): AsyncIterable<string> {
  const [head = '', tail = ''] = toDocument({ run, summary }).split(casesPlace);
  yield head.trimEnd();
  for await (const finding of findings) yield `\n${toXml({ testcase: toCase(finding) }).trimEnd()}`;
  for (const target of run.targets)
    if (isUnscanned(target)) yield `\n${toXml({ testcase: toTargetCase(target) }).trimEnd()}`;
  yield tail;
}

const toXml = (content: object): string => builder.build(content);

const toDocument = ({ run, summary: { byStatus } }: Pick<Result, 'run' | 'summary'>): string => {
  const unscanned = run.targets.filter(isUnscanned);
  const errors = unscanned.filter(({ status }) => status === 'failed').length;
  const tests = Object.values(byStatus).reduce((sum, count) => sum + count, unscanned.length);
  const milliseconds = Date.parse(run.finishedAt) - Date.parse(run.startedAt);
  const counts = {
    '@tests': tests,
    '@failures': byStatus.fail,
    '@errors': errors,
    '@time': (milliseconds / 1000).toFixed(3),
  };
  return toXml({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'keyward',
      ...counts,
      testsuite: {
        '@name': 'keyward',
        ...counts,
        '@skipped': byStatus.unknown + byStatus['not-applicable'] + unscanned.length - errors,
        '@timestamp': run.startedAt.replace(/(\.\d+)?Z$/, ''),
        properties: {
          property: [
            { '@name': 'run', '@value': run.id },
            { '@name': 'version', '@value': run.version },
          ],
        },
        testcase: '',
      },
    },
  });
};

const isUnscanned = ({ status }: Target): boolean => status === 'failed' || status === 'partial';

const toCase = (finding: Finding) => {
  const { account, region, cluster, status, reason, message } = finding;
  const place = [account, region, cluster].filter((part) => part !== null);
  return {
    '@classname': toText(place.length > 0 ? place.join('.') : 'keyward'),
    '@name': toText(toName(finding)),
    ...(status === 'fail' ? { failure: toFailure(finding) } : {}),
    ...(status === 'unknown'
      ? { skipped: { '@message': `unknown: ${reason}`, '#text': toText(message) } }
      : {}),
    ...(status === 'not-applicable' ? { skipped: { '@message': toText(reason ?? message) } } : {}),
  };
};

/** The same from run to run, and no other case's of the cluster: by it a history of the case is kept. */
const toName = ({ check, resource, subject }: Finding): string => {
  const isOfCluster = /:cluster\/[^/#]+$/.test(resource);
  return [check, ...(isOfCluster ? [] : [resource]), ...(subject === null ? [] : [subject])].join(' ');
};

const toFailure = ({ severity, message, resource, remediation, origin, exception }: Finding) => ({
  '@type': severity,
  '@message': toText(message),
  '#text': [
    message,
    origin ? `${origin.file}:${origin.line}` : resource,
    ...(exception ? [`Excepted ${toExceptionText(exception)}`] : []),
    remediation.text,
  ]
    .map(toText)
    .join('\n'),
});

const toTargetCase = ({ account, region, status, reason = status }: Target) => ({
  '@classname': 'keyward.targets',
  '@name': `${account} ${region}`,
  ...(status === 'failed'
    ? { error: { '@type': 'not-scanned', '@message': toText(reason) } }
    : { skipped: { '@message': toText(`unknown: ${reason}`) } }),
});

/** XML 1.0 has no place for these two either, not even as references: https://www.w3.org/TR/xml/#charsets */
const toText = (text: string): string =>
  toPrintable(text).replace(/[\uFFFE\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
