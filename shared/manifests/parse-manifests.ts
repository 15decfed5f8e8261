/**
 * Text → Kubernetes objects, each with its line. Values of Secrets end here: what is given holds the names of their
 * keys, and of annotations the names, too.
 */
import { CST, isNode, Lexer, LineCounter, parseAllDocuments, type ScalarTag } from 'yaml';
import { z } from 'zod';
import { findJsonLines } from './json-lines.ts';
import { type Chunk, splitDocuments, splitItems } from './split-documents.ts';
import { withoutValues } from './without-values.ts';
import { toYamlWords } from './yaml-words.ts';

/** A Kubernetes object as it stands in a file, its values dropped. */
const manifest = z.looseObject({ apiVersion: z.string(), kind: z.string() });
export type Manifest = z.infer<typeof manifest>;

export type Parsed =
  | { line: number; object: Manifest }
  /** A document that is nothing of Kubernetes. */
  | { line: number; object: undefined }
  | { line: number; problem: string; isTemplate?: boolean };

/**
 * The API server takes no request above 3 MiB, so none of its objects is longer:
 * https://github.com/kubernetes/kubernetes/blob/v1.35.0/staging/src/k8s.io/apiserver/pkg/server/config.go
 */
const maximumDocumentLength = 3 * 1024 * 1024;
/** Shorter lists are parsed at once: then anchors may go from item to item. */
const longListLength = 256 * 1024;
/** Of each file; the parser takes longer over what is broken. */
const mostProblems = 10;
const maximumDepth = 100;
/** Explicit keys (`? `): manifests have none, and the parser's time grows with the cube of how deep they are nested. */
const maximumExplicitKeys = 20;
/** A list of lists is none that Kubernetes knows. */
const maximumListDepth = 4;
const maximumAliases = 100;

/** What Helm's templates say, and no other text between braces: https://helm.sh/docs/chart_template_guide/ */
const helmAction =
  /\{\{-?\s*(?:[.$]|\/\*|(?:block|define|else|end|if|include|range|template|toYaml|tpl|with)\b)/;

/** Takes the text of a file; gives what it holds, one by one: nothing of the text is needed after that. */
export function* parseManifests(text: string): Iterable<Parsed> {
  const json = parseJson(text);
  if (json) return yield* json;
  let problems = 0;
  for (const chunk of splitDocuments(text))
    for (const parsed of parseChunk(chunk)) {
      yield parsed;
      if ('problem' in parsed) problems += 1;
      if (problems < mostProblems) continue;
      return yield { line: parsed.line, problem: `what follows is not read, after ${problems} mistakes` };
    }
}

/** Undefined where it is no JSON: then it is YAML, or its mistakes are told as those of YAML. */
const parseJson = (text: string): Iterable<Parsed> | undefined => {
  if (!/^\uFEFF?\s*[[{]/.test(text)) return undefined;
  const bare = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    return undefined;
  }
  const { root, items } = findJsonLines(bare);
  return toObjects(value, root, (index) => items[index] ?? root);
};

function* parseChunk(chunk: Chunk): Iterable<Parsed> {
  const [whole = chunk, ...items] = chunk.text.length > longListLength ? splitItems(chunk) : [chunk];
  if (items.length === 0) return yield* parseYaml(whole);
  const [head] = parseYaml(whole);
  const list = head && 'object' in head ? head.object : undefined;
  if (!list?.kind.endsWith('List')) {
    if (head) yield head;
    return;
  }
  for (const item of items) yield* parseYaml(item, list);
}

/** Parses a document, or what was cut out of a list: one item after its dash. */
function* parseYaml({ text, line: firstLine }: Chunk, list?: Manifest): Iterable<Parsed> {
  const isTemplate = helmAction.test(text);
  if (text.length > maximumDocumentLength)
    return yield {
      line: firstLine,
      problem: 'the document is longer than 3 MB, and Kubernetes takes no such object',
    };
  const tooDeep = findDepth(text);
  if (tooDeep !== undefined)
    return yield { line: firstLine + countLines(text, tooDeep), problem: toYamlWords('RESOURCE_EXHAUSTION') };

  const lineCounter = new LineCounter();
  const toLine = (offset: number) => firstLine + Math.max(lineCounter.linePos(offset).line, 1) - 1;
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    // kubectl and Helm read YAML 1.1: 0400 is octal, << merges; a name that stands twice counts the second time.
    version: '1.1',
    customTags: (tags) => [...tags.filter((tag) => !isUnknownToGo(tag)), goOctal],
    uniqueKeys: false,
    stringKeys: true,
  });
  for (const document of documents) {
    const [mistake] = document.errors;
    if (mistake) {
      yield { line: toLine(mistake.pos[0]), problem: toYamlWords(mistake.code), isTemplate };
      continue;
    }
    const { contents } = document;
    if (!contents) continue;
    const line = toLine(contents.range?.[0] ?? 0);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: maximumAliases });
    } catch {
      yield { line, problem: 'its aliases stand for nothing, or unfold without end', isTemplate };
      continue;
    }
    const toItemLine = (index: number) => {
      const item = document.getIn(['items', index], true);
      return isNode(item) && item.range ? toLine(item.range[0]) : line;
    };
    if (list && Array.isArray(value)) for (const item of value) yield* toItem(item, list, line, 1);
    else yield* toObjects(value, line, toItemLine);
  }
}

/** YAML 1.1's numbers of base 60 and its times, which go-yaml reads as text, and its sets. */
const isUnknownToGo = (tag: { tag?: string; format?: string } | string): boolean =>
  typeof tag === 'string'
    ? false
    : tag.format === 'TIME' ||
      ['timestamp', 'binary', 'omap', 'pairs', 'set'].some((name) => tag.tag === `tag:yaml.org,2002:${name}`);

/** 0o400, which YAML 1.1 does not have and go-yaml reads. */
const goOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0o[0-7]+$/,
  resolve: (text) => Number.parseInt(text.slice(2), 8),
};

/**
 * Where a document is nested more deeply than any manifest, or undefined. The parser bounds that, too, but only after
 * it has spent gigabytes on the brackets that it finds missing.
 */
const findDepth = (text: string): number | undefined => {
  if (!/[[{?\]}]/.test(text)) return undefined;
  let offset = 0;
  let depth = 0;
  let explicitKeys = 0;
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    // The lexer's own marks are no part of the text; what follows that of a scalar is its text.
    const isMark = [CST.DOCUMENT, CST.FLOW_END, CST.SCALAR].includes(token);
    switch (isText ? 'scalar' : CST.tokenType(token)) {
      case 'flow-map-start':
      case 'flow-seq-start':
        depth += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        depth -= 1;
        break;
      case 'explicit-key-ind':
        explicitKeys += 1;
        break;
      default:
    }
    if (depth > maximumDepth || depth < -maximumDepth || explicitKeys > maximumExplicitKeys) return offset;
    if (!isMark) offset += token.length;
    isText = token === CST.SCALAR;
  }
  return undefined;
};

const countLines = (text: string, end: number): number => text.slice(0, end).split('\n').length - 1;

/** An object; of a list (`kind: List`, or one of a kind such as SecretList) its items. */
function* toObjects(
  value: unknown,
  line: number,
  toItemLine: (index: number) => number,
  depth = 0,
): Iterable<Parsed> {
  if (value === null || value === undefined) return;
  const parsed = manifest.safeParse(value);
  if (!parsed.success) return yield { line, object: undefined };
  const { items } = parsed.data;
  if (!parsed.data.kind.endsWith('List') || !Array.isArray(items))
    return yield { line, object: withoutValues(parsed.data) };
  if (depth >= maximumListDepth) return yield { line, problem: 'lists are nested too deeply' };
  for (const [index, item] of items.entries()) yield* toItem(item, parsed.data, toItemLine(index), depth + 1);
}

/** Items of a list of one kind may leave theirs out. */
function* toItem(
  item: unknown,
  { apiVersion, kind }: Manifest,
  line: number,
  depth: number,
): Iterable<Parsed> {
  const isOfKind = kind !== 'List' && typeof item === 'object' && item !== null;
  const whole = isOfKind ? { apiVersion, kind: kind.replace(/List$/, ''), ...item } : item;
  yield* toObjects(whole, line, () => line, depth);
}
