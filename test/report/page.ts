/** A report's page, taken apart. */
import type { PageData } from '../../shared/report/html/page-data.ts';

/** What stands in an element, and the page without it. */
export const cut = (page: string, start: string, end: string): [content: string, rest: string] => {
  const [before = '', content = '', ...after] = page.split(new RegExp(`${start}([\\s\\S]*?)${end}`));
  return [content, before + after.join('')];
};
export const toData = (page: string): PageData =>
  JSON.parse(cut(page, '<script type="application/json" id="data">', '</script>')[0]);
/** The page without its own script, style and data: what is left is markup and escaped text. */
export const toMarkup = (page: string): string =>
  [
    ['<script type="application/json" id="data">', '</script>'],
    ['<script>', '</script>'],
    ['<style>', '</style>'],
  ].reduce((rest, [start = '', end = '']) => cut(rest, start, end)[1], page);
