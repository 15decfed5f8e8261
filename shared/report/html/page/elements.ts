/** Elements made of text alone: nothing here parses HTML, so nothing of the data can become any. */

export type Child = Node | string | null;

/** Takes a tag, its attributes (null and false: none) and its children; gives the element. */
export const make = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number | boolean | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== null));
  return element;
};

const setAttributes = (
  element: Element,
  attributes: Record<string, string | number | boolean | null>,
): void => {
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
};

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export const makeTable = (label: string, heads: readonly string[], rows: readonly Child[][]): HTMLElement =>
  make(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label },
    make(
      'table',
      {},
      make('caption', {}, label),
      make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
      make(
        'tbody',
        {},
        ...rows.map(([first = '', ...cells]) =>
          make('tr', {}, make('th', { scope: 'row' }, first), ...cells.map((cell) => make('td', {}, cell))),
        ),
      ),
    ),
  );

/** `1 cluster`, `2 clusters`. */
export const toCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;

/** `2026-11-22 14:07 UTC` */
export const toMinute = (time: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 16).replace('T', ' ')} UTC` : time;
