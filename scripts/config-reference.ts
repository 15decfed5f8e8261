/** The tables of docs/configuration.md: what each setting takes, its default and what it does, off the schema itself. */
import { z } from 'zod';
import { configuration } from '../shared/runtime/config.ts';

const setting = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  default: z.json().optional(),
  description: z.string().optional(),
  examples: z.array(z.json()).optional(),
});
type Setting = z.infer<typeof setting>;

const words: Record<string, string> = {
  string: 'text',
  boolean: '`true` or `false`',
  array: 'list',
  object: 'map',
};

const toValueWords = ({ type = '', format, enum: options, minimum, anyOf }: Setting): string => {
  if (options) return options.join(', ');
  if (anyOf) return anyOf.map((one) => toValueWords(setting.parse(one))).join(' or ');
  if (type === 'integer') return `whole number from ${minimum}`;
  return format === 'date' ? 'day' : (words[type] ?? type);
};

const toCode = (value: z.core.util.JSONType): string =>
  `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** A setting's row, or those of what is in it. */
const toRows = (name: string, raw: unknown, isRequired: boolean): string[] => {
  const one = setting.parse(raw);
  const inner = one.items === undefined ? one : setting.parse(one.items);
  if (inner.properties) {
    const prefix = one.items === undefined ? `${name}.` : `${name}[].`;
    return Object.entries(inner.properties).flatMap(([key, value]) =>
      toRows(`${prefix}${key}`, value, inner.required?.includes(key) ?? false),
    );
  }
  if (one.description === undefined) throw new Error(`the setting ${name} has no description`);
  const otherwise = one.default !== undefined ? toCode(one.default) : isRequired ? 'required' : '';
  const example = one.examples?.[0] === undefined ? '' : `. Example: ${toCode(one.examples[0])}`;
  return [
    `| \`${name}\` | ${toValueWords(one)} | ${otherwise} | ${one.description.replaceAll('|', '\\|')}${example} |`,
  ];
};

const marked = /(<!-- settings: ([\w ]+) -->\n)[\s\S]*?(<!-- \/settings -->)/g;

/** Takes the page; gives it with the settings that each pair of marks names between them. Throws where one is left out. */
export const withReference = (page: string): string => {
  const { properties = {}, required = [] } = setting.parse(z.toJSONSchema(configuration, { io: 'input' }));
  const left = new Set(Object.keys(properties));
  const text = page.replace(marked, (_, begin: string, names: string, end: string) => {
    const rows = names.split(' ').flatMap((name) => {
      if (!left.delete(name))
        throw new Error(`docs/configuration.md: there is no setting ${name}, or it stands there twice`);
      return toRows(name, properties[name], required.includes(name));
    });
    return [
      begin,
      '| Setting | Value | Default | What it does |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
      end,
    ].join('\n');
  });
  if (left.size > 0) throw new Error(`docs/configuration.md tells nothing of ${[...left].join(', ')}`);
  return text;
};
