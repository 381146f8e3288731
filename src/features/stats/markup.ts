/**
 * Small pieces of the page: text made harmless, numbers and times as people read them, and cells with their tooltips.
 */

/** What a cell or a tooltip may hold: a number, or markup that has been made harmless already. */
export type Content = string | number;

/** Names and texts come from outside: none of their characters may mean anything to a browser. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Digits in groups of three. The gaps are the style's and not the text's: they do not come along when it is copied. */
export function grouped(value: number): string {
  const digits = String(value);
  if (digits.length < 5) return digits;
  const first = digits.length % 3 || 3;
  let text = `<i>${digits.slice(0, first)}</i>`;
  for (let at = first; at < digits.length; at += 3) {
    const group = digits.slice(at, at + 3);
    text += at + 3 < digits.length ? `<i>${group}</i>` : group;
  }
  return text;
}

const UNITS = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** The two largest units that count: `3s`, `2m5s`, `4h7m`, `1d3h`. */
export function period(seconds: number): string {
  const at = UNITS.findIndex(([size]) => seconds >= size);
  const unit = UNITS[at];
  if (unit === undefined) return '0s';
  const [size, name] = unit;
  const large = `${Math.floor(seconds / size)}${name}`;
  const next = UNITS[at + 1];
  return next === undefined ? large : `${large}${Math.floor((seconds % size) / next[0])}${next[1]}`;
}

const shown = (content: Content | undefined): string =>
  content === undefined ? '' : typeof content === 'number' ? grouped(content) : content;

/** A table cell; `style` is a class. */
export function cell(content: Content | undefined, style = ''): string {
  return style === '' ? `<td>${shown(content)}</td>` : `<td class="${style}">${shown(content)}</td>`;
}

/** What a tooltip shows: lines of a name and its values. Values that are not there leave their line out. */
export type Detail = readonly [name: string, value: Content | undefined, addition?: string | undefined];

export function details(lines: readonly Detail[]): string {
  let rows = '';
  for (const [name, value, addition] of lines) {
    if (value === undefined) continue;
    const more = addition === undefined ? '' : `<td>${addition}</td>`;
    rows += `<tr><th>${name}<td>${shown(value)}${more}`;
  }
  return rows === '' ? '' : `<table>${rows}</table>`;
}

/** Content that shows `tip` when it is pointed at. */
export function withTip(content: Content, tip: string): string {
  return tip === '' ? shown(content) : `<u>${shown(content)}<div class="tips">${tip}</div></u>`;
}

export function percentage(part: number, whole: number): string {
  return `(${whole === 0 ? 0 : Math.floor((part * 100) / whole)}%)`;
}

/** Limits of 0 are none. */
export const limit = (value: Content | undefined): Content =>
  value === undefined || value === 0 ? '-' : value;
