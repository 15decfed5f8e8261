/**
 * What is wrong with YAML, in words of our own: the parser's may quote the text it stumbled over, which can be the
 * value of a Secret.
 */
import type { ErrorCode } from 'yaml';

const words: Record<ErrorCode, string> = {
  ALIAS_PROPS: 'an alias has an anchor or a tag',
  BAD_ALIAS: 'an alias is not written as one',
  BAD_COLLECTION_TYPE: 'a tag does not fit what it stands at',
  BAD_DIRECTIVE: 'a directive is not known',
  BAD_DQ_ESCAPE: 'an escape in double quotes is not known',
  BAD_INDENT: 'the indentation does not fit',
  BAD_PROP_ORDER: 'an anchor or tag stands at the wrong place',
  BAD_SCALAR_START: 'a text begins with a character that needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a name and its value begin on a line that has one already',
  BLOCK_IN_FLOW: 'lines of a block stand within brackets',
  DUPLICATE_KEY: 'a name stands twice',
  IMPOSSIBLE: 'it can not be parsed',
  KEY_OVER_1024_CHARS: 'a name is longer than 1024 characters',
  MISSING_CHAR: 'a character is missing: a colon, comma, bracket or quote',
  MULTILINE_IMPLICIT_KEY: 'a name goes over several lines',
  MULTIPLE_ANCHORS: 'a value has several anchors',
  MULTIPLE_DOCS: 'a document begins where none may',
  MULTIPLE_TAGS: 'a value has several tags',
  NON_STRING_KEY: 'a name is no text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'tabs indent it',
  TAG_RESOLVE_FAILED: 'a tag is not known',
  UNEXPECTED_TOKEN: 'something stands where it may not',
};

export const toYamlWords = (code: ErrorCode): string => words[code];
