/** awsQuery: a form with an Action goes in, XML comes out (STS, IAM). */
import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { Protocol } from './protocol.ts';
import { escapeXml } from './xml.ts';

/** What the form holds at a prefix, by its schema: `Tags.member.1.Key` is the Key of the first of Tags. */
const readForm = (schema: NormalizedSchema, form: URLSearchParams, prefix: string): unknown => {
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()].map(([name, member]) => [
      name,
      readForm(member, form, prefix === '' ? name : `${prefix}.${name}`),
    ]);
    const given = members.filter(([, value]) => value !== undefined);
    return given.length === 0 && prefix !== '' ? undefined : Object.fromEntries(given);
  }
  if (schema.isListSchema()) {
    const items: unknown[] = [];
    for (;;) {
      const item = readForm(schema.getValueSchema(), form, `${prefix}.member.${items.length + 1}`);
      if (item === undefined) return items.length === 0 ? undefined : items;
      items.push(item);
    }
  }
  if (schema.isMapSchema()) {
    const { xmlName: keyName = 'key' } = schema.getKeySchema().getMergedTraits();
    const { xmlName: valueName = 'value' } = schema.getValueSchema().getMergedTraits();
    const entries: [string, unknown][] = [];
    for (;;) {
      const entry = `${prefix}.entry.${entries.length + 1}`;
      const key = form.get(`${entry}.${keyName}`);
      if (key === null) return entries.length === 0 ? undefined : Object.fromEntries(entries);
      entries.push([key, readForm(schema.getValueSchema(), form, `${entry}.${valueName}`)]);
    }
  }
  const text = form.get(prefix);
  if (text === null) return undefined;
  if (schema.isNumericSchema()) return Number(text);
  return schema.isBooleanSchema() ? text === 'true' : text;
};

const headers = { 'content-type': 'text/xml' };

/** The protocol of a service whose answers carry the given XML namespace. */
export const awsQuery = (xmlNamespace: string): Protocol => ({
  codes: {
    accessDenied: { code: 'AccessDenied', status: 403 },
    throttled: { code: 'Throttling', status: 400 },
    serverError: { code: 'InternalFailure', status: 500 },
    notFound: { code: 'NoSuchEntity', status: 404 },
    invalidToken: { code: 'InvalidClientTokenId', status: 403 },
    expiredToken: { code: 'ExpiredToken', status: 403 },
    invalidInput: { code: 'ValidationError', status: 400 },
  },
  findOperation: (schemas, request) => {
    const action = new URLSearchParams(request.body.toString('utf8')).get('Action');
    return schemas.find((schema) => schema[2] === action);
  },
  decodeInput: async (schema, request) => {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const input = readForm(NormalizedSchema.of(schema[4]), form, '');
    return typeof input === 'object' && input !== null ? input : {};
  },
  encodeOutput: (schema, output, requestId) => {
    const serializer = new XmlShapeSerializer({
      xmlNamespace: '',
      serviceNamespace: schema[1],
      timestampFormat: { useTrait: true, default: 5 },
    });
    // The SDK names the root after the output's shape; query services want `<ActionResult>` in its place.
    serializer.write(NormalizedSchema.of(schema[5]), output);
    const shape = NormalizedSchema.of(schema[5]).getName();
    const result = String(serializer.flush())
      .replace(`<${shape}`, `<${schema[2]}Result`)
      .replace(new RegExp(`</${shape}>$`), `</${schema[2]}Result>`);
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${schema[2]}Response xmlns="${xmlNamespace}">${result}${metadata}</${schema[2]}Response>`;
    return { status: 200, headers: { ...headers, 'x-amzn-requestid': requestId }, body };
  },
  encodeError: ({ code, message, status }, requestId) => ({
    status,
    headers: { ...headers, 'x-amzn-requestid': requestId },
    body:
      `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>` +
      `<Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  }),
});
