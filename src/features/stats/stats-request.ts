/**
 * What a visitor asks for behind the page's prefix: the form, and what is left out. Pure.
 * Specification: configuration manual 4.2 `stats uri`; the words as HAProxy 2.6 takes them.
 */

export type Format = 'html' | 'csv' | 'typed' | 'json' | 'json-schema';

export interface StatsRequest {
  readonly format: Format;
  /** Servers that are down or in maintenance are left out. */
  readonly onlyUp: boolean;
  /** Servers in maintenance are left out. */
  readonly noMaintenance: boolean;
  readonly refreshes: boolean;
  /** Part of the names of the proxies to show; empty: all. */
  readonly scope: string;
  /** What became of an action: four letters, or none. */
  readonly outcome: string;
}

const SCOPE_MOST_BYTES = 20;
const OUTCOME = /;st=(DONE|NONE|PART|ERRP|DENY|EXCD|UNKN)/;

/** `text` is what follows the prefix. A word counts wherever it stands, and whatever follows it. */
export function readStatsRequest(text: string): StatsRequest {
  return {
    format: formatOf(text),
    onlyUp: text.includes(';up'),
    noMaintenance: text.includes(';no-maint'),
    refreshes: !text.includes(';norefresh'),
    scope: scopeOf(text),
    outcome: OUTCOME.exec(text)?.[1] ?? '',
  };
}

function formatOf(text: string): Format {
  if (text.includes(';csv')) return 'csv';
  if (text.includes(';typed')) return 'typed';
  if (text.includes(';json-schema')) return 'json-schema';
  return text.includes(';json') ? 'json' : 'html';
}

/** A scope with a character that no name may have is none. */
function scopeOf(text: string): string {
  const value = /scope=([^;& ]*)/.exec(text)?.[1]?.slice(0, SCOPE_MOST_BYTES) ?? '';
  return /^[A-Za-z0-9_.:-]*$/.test(value) ? value : '';
}

/** The options of a page in the form of its links, in front of them an outcome. */
export function optionWords(
  request: { readonly onlyUp: boolean; readonly refreshes: boolean; readonly scope: string },
  outcome = '',
): string {
  return [
    outcome === '' ? '' : `;st=${outcome}`,
    request.onlyUp ? ';up' : '',
    request.refreshes ? '' : ';norefresh',
    request.scope === '' ? '' : `?scope=${request.scope}`,
  ].join('');
}
