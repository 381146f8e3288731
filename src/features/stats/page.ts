/**
 * Statistics as a page: the columns, colours' names and states of HAProxy's, in a markup of its own.
 * Specification: configuration manual 4.2 `stats enable` and the following.
 */
import { languageVersion } from '../../config/capabilities.ts';
import type { Row } from './fields.ts';
import { PAGE_STYLE } from './page-style.ts';

export interface PageFacts {
  readonly uri: string;
  readonly pid: number;
  readonly threads: number;
  readonly uptimeS: number;
  readonly maxconn: number;
  readonly connections: number;
  readonly node: string | undefined;
  readonly description: string | undefined;
  readonly showsVersion: boolean;
  readonly refreshS: number;
  readonly onlyUp: boolean;
  readonly scope: string;
  /** What became of an action (`;st=`). */
  readonly outcome: string;
}

const OUTCOMES: Readonly<Record<string, readonly [style: string, text: string]>> = {
  DONE: ['active_up', 'The action was carried out.'],
  NONE: ['active_going_down', 'Nothing has changed.'],
  PART: ['active_going_down', 'The action was carried out in part: some servers are not known.'],
  ERRP: ['active_down', 'The action was not carried out: an action, backend or server is not known.'],
  DENY: ['active_down', 'The action was denied.'],
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A link to the page with these options. */
function link(facts: PageFacts, options: { up?: boolean; refresh?: boolean; csv?: boolean }): string {
  let target = facts.uri;
  if (options.csv) target += ';csv';
  if (options.up ?? facts.onlyUp) target += ';up';
  if (facts.refreshS > 0 && options.refresh === false) target += ';norefresh';
  if (facts.scope !== '') target += `;scope=${facts.scope}`;
  return escapeHtml(target);
}

export function pageStart(facts: PageFacts): string {
  const node = facts.node === undefined ? '' : ` on ${escapeHtml(facts.node)}`;
  const description = facts.description === undefined ? '' : `: ${escapeHtml(facts.description)}`;
  const version = facts.showsVersion ? ` ${languageVersion}-sluice` : '';
  const outcome = OUTCOMES[facts.outcome];
  return `<!DOCTYPE html>
<html><head><meta charset="iso-8859-1"><title>Statistics Report for HAProxy${node}</title>
<link rel="icon" href="data:,"><style>${PAGE_STYLE}</style></head><body>
<h1>HAProxy${version}</h1>
<h2>Statistics Report for pid ${facts.pid}${node}${description}</h2>
<div class="facts"><p><b>pid</b> ${facts.pid}, <b>threads</b> ${facts.threads}, <b>uptime</b> ${period(facts.uptimeS)}<br>
<b>connections</b> ${facts.connections} of ${facts.maxconn}</p>
<ul><li><a href="${link(facts, { up: !facts.onlyUp })}">${facts.onlyUp ? 'Show all servers' : "Hide 'DOWN' servers"}</a>
${facts.refreshS > 0 ? `<li><a href="${link(facts, { refresh: false })}">Disable refresh</a>` : ''}
<li><a href="${link(facts, {})}">Refresh now</a>
<li><a href="${link(facts, { csv: true, refresh: false })}">CSV export</a></ul></div>
${outcome === undefined ? '' : `<p class="outcome ${outcome[0]}"><a href="${link(facts, {})}">[X]</a> ${outcome[1]}</p>`}
`;
}

export const PAGE_END = '</body></html>\n';

const GROUPS =
  '<tr class="titre"><th rowspan="2"></th><th colspan="3">Queue</th><th colspan="3">Session rate</th><th colspan="6">Sessions</th><th colspan="2">Bytes</th><th colspan="2">Denied</th><th colspan="3">Errors</th><th colspan="2">Warnings</th><th colspan="9">Server</th></tr>';
const COLUMNS =
  'Cur Max Limit Cur Max Limit Cur Max Limit Total LbTot Last In Out Req Resp Req Conn Resp Retr Redis Status LastChk Wght Act Bck Chk Dwn Dwntme Thrtle';
const HEADINGS = `${GROUPS}\n<tr class="titre">${COLUMNS.split(' ')
  .map((name) => `<th>${name}</th>`)
  .join('')}</tr>\n`;

/** `legend`: shown over the proxy's name. */
export function tableStart(name: string, description: string | undefined, legend: string): string {
  const shown = escapeHtml(name);
  const title = legend === '' ? '' : ` title="${escapeHtml(legend)}"`;
  return `<h3 class="pxname"${title}><a name="${shown}" href="#${shown}">${shown}</a></h3>${
    description === undefined ? '' : `<p class="desc">${escapeHtml(description)}</p>`
  }
<table class="tbl">
${HEADINGS}`;
}

export const TABLE_END = '</table>\n';

const RESPONSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const;

function details(lines: readonly (readonly [string, string | number | undefined])[]): string {
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
    .join('&#10;');
}

function cell(value: string | number | undefined, title = '', style = ''): string {
  const attributes = `${style === '' ? '' : ` class="${style}"`}${title === '' ? '' : ` title="${title}"`}`;
  const shown = value === undefined ? '' : typeof value === 'number' ? grouped(value) : value;
  return `<td${attributes}>${title === '' ? shown : `<u>${shown}</u>`}</td>`;
}

/** Digits in groups of three, as spaces in the style and not in the text would not survive copying. */
function grouped(value: number): string {
  return value < 10000 ? String(value) : value.toLocaleString('en-US').replaceAll(',', ' ');
}

const limit = (value: Row[string]): string | number => (value === undefined || value === 0 ? '-' : value);

function sessionDetails(row: Row): string {
  const http = RESPONSES.map((code) => [`HTTP ${code} responses`, row[`hrsp_${code}`]] as const);
  const times = (['qtime', 'ctime', 'rtime', 'ttime'] as const).map(
    (name, at) =>
      [
        `${['Queue', 'Connect', 'Response', 'Total'][at]} time, max / avg over the last 1024, ms`,
        row[name] === undefined ? undefined : `${row[`${name}_max`]} / ${row[name]}`,
      ] as const,
  );
  return details([
    ['Cum. connections', row['conn_tot']],
    ['Cum. sessions', row['stot']],
    ['New connections', row['connect']],
    ['Reused connections', row['reuse']],
    ['Cum. HTTP requests', row['mode'] === 'http' ? row['req_tot'] : undefined],
    ...(row['mode'] === 'http' ? http : []),
    ['Intercepted requests', row['intercepted']],
    ...times,
  ]);
}

function rateDetails(row: Row, suffix: '' | '_max'): string {
  return details([
    ['Connections', row[`conn_rate${suffix}`]],
    ['Sessions', row[suffix === '' ? 'rate' : 'rate_max']],
    ['HTTP requests', row['mode'] === 'http' ? row[`req_rate${suffix}`] : undefined],
  ]);
}

function nameCell(row: Row, anchor: string, shown: string, legend: string): string {
  const name = `${escapeHtml(String(row['pxname']))}/${escapeHtml(anchor)}`;
  const title = legend === '' ? '' : ` title="${escapeHtml(legend)}"`;
  return `<td class="ac"${title}><a name="${name}" href="#${name}">${escapeHtml(shown)}</a></td>`;
}

export function frontendLine(row: Row): string {
  return `<tr class="frontend">${nameCell(row, 'Frontend', 'Frontend', '')}<td colspan="3"></td>${cell(
    row['rate'],
    rateDetails(row, ''),
  )}${cell(row['rate_max'], rateDetails(row, '_max'))}${cell(limit(row['rate_lim']))}${cell(row['scur'])}${cell(
    row['smax'],
  )}${cell(row['slim'])}${cell(row['stot'], sessionDetails(row))}<td></td><td></td>${cell(row['bin'])}${cell(
    row['bout'],
  )}${cell(row['dreq'])}${cell(row['dresp'])}${cell(row['ereq'])}<td></td><td></td><td></td><td></td>${cell(
    row['status'],
    '',
    'ac',
  )}<td colspan="8"></td></tr>\n`;
}

/** The columns that servers and backends share, from the queue to the redispatches. */
function trafficCells(row: Row, last: string): string {
  const aborts = `Connection resets during transfers: ${row['cli_abrt']} client, ${row['srv_abrt']} server`;
  const backend = row['svname'] === 'BACKEND';
  return [
    cell(row['qcur']),
    cell(row['qmax']),
    cell(backend ? '' : limit(row['qlimit'])),
    cell(row['rate']),
    cell(row['rate_max']),
    cell(''),
    cell(row['scur']),
    cell(row['smax']),
    cell(limit(row['slim'])),
    cell(row['stot'], sessionDetails(row)),
    cell(row['lbtot']),
    cell(last),
    cell(row['bin']),
    cell(row['bout']),
    cell(row['dreq']),
    cell(row['dresp']),
    cell(''),
    cell(row['econ']),
    cell(row['eresp'], aborts),
    cell(row['wretr']),
    cell(row['wredis']),
  ].join('');
}

function lastSession(row: Row): string {
  return Number(row['lastsess']) < 0 ? '?' : period(Number(row['lastsess']));
}

export function serverLine(row: Row, style: string): string {
  const legend = details([
    ['Address', row['addr']],
    ['id', row['addr'] === undefined ? undefined : row['sid']],
    ['cookie', row['cookie']],
  ]).replaceAll('&#10;', ', ');
  const checked = row['check_status'] !== undefined;
  const status =
    row['status'] === 'no check' ? '<i>no check</i>' : `${period(Number(row['lastchg']))} ${row['status']}`;
  const code = row['check_code'] === undefined ? '' : `/${row['check_code']}`;
  const duration = row['check_duration'] === undefined ? '' : ` in ${row['check_duration']}ms`;
  const check = checked ? `${row['check_status']}${code}${duration}` : '';
  return [
    `<tr class="${style}">`,
    nameCell(row, String(row['svname']), String(row['svname']), legend),
    trafficCells(row, lastSession(row)),
    cell(status, '', 'ac'),
    cell(check, checked ? escapeHtml(String(row['check_desc'])) : '', 'ac'),
    cell(`${row['weight']}/${row['uweight']}`, '', 'ac'),
    cell(row['act'] === 1 ? 'Y' : '-', '', 'ac'),
    cell(row['bck'] === 1 ? 'Y' : '-', '', 'ac'),
    checked
      ? cell(row['chkfail'], 'Failed health checks') +
        cell(row['chkdown']) +
        cell(period(Number(row['downtime'])))
      : '<td colspan="3"></td>',
    cell(row['throttle'] === undefined ? '-' : `${row['throttle']} %`, '', 'ac'),
    '</tr>\n',
  ].join('');
}

export function backendLine(row: Row): string {
  const legend = details([
    ['balancing', row['algo']],
    ['cookie', row['cookie']],
  ]).replaceAll('&#10;', ', ');
  return [
    '<tr class="backend">',
    nameCell(row, 'Backend', 'Backend', legend),
    trafficCells(row, lastSession(row)),
    cell(`${period(Number(row['lastchg']))} ${row['status']}`, '', 'ac'),
    cell(''),
    cell(`${row['weight']}/${row['uweight']}`, '', 'ac'),
    cell(row['act'], '', 'ac'),
    cell(row['bck'], '', 'ac'),
    cell(''),
    cell(row['chkdown']),
    cell(row['downtime'] === undefined ? '' : period(Number(row['downtime']))),
    cell(''),
    '</tr>\n',
  ].join('');
}

/** The two largest units that count: `3s`, `2m5s`, `4h7m`, `1d3h`. */
export function period(seconds: number): string {
  const units: [number, string][] = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'm'],
  ];
  for (const [size, name] of units) {
    if (seconds < size) continue;
    const rest = Math.floor((seconds % size) / (size === 86400 ? 3600 : size / 60));
    return `${Math.floor(seconds / size)}${name}${rest}${{ d: 'h', h: 'm', m: 's' }[name]}`;
  }
  return `${seconds}s`;
}
