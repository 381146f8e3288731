/**
 * One proxy's table on the statistics page: its heading, its lines, and the form for actions below them. The columns, the
 * classes of lines and the anchors are those of HAProxy's page; the markup is its own.
 * Specification: configuration manual 4.2 `stats show-legends`, `stats show-modules`, `stats admin`.
 */
import type { ServerAction } from './actions.ts';
import { ACTION_NAMES } from './actions.ts';
import { MODULE_FIELD_NAMES, type ModuleField, type Row } from './fields.ts';
import { cell, type Detail, details, escapeHtml, limit, percentage, period, withTip } from './markup.ts';

export interface TableOptions {
  /** Lines have boxes to tick, and actions can be applied to the servers ticked. */
  readonly admin: boolean;
  /** Addresses, numbers, cookies and algorithms are told in tooltips. */
  readonly legends: boolean;
  /** A column for each module of the program. */
  readonly modules: boolean;
}

const GROUPS = [
  ['Queue', 3],
  ['Session rate', 3],
  ['Sessions', 6],
  ['Bytes', 2],
  ['Denied', 2],
  ['Errors', 3],
  ['Warnings', 2],
  ['Server', 9],
] as const;
const COLUMNS =
  'Cur Max Limit Cur Max Limit Cur Max Limit Total LbTot Last In Out Req Resp Req Conn Resp Retr Redis Status LastChk Wght Act Bck Chk Dwn Dwntme Thrtle';
const MODULES = ['ssl', 'h2', 'h1'] as const;
const headers = (names: readonly string[]): string => names.map((name) => `<th>${name}`).join('');
/** Ticks all boxes of its form, where there are scripts. */
const TICK_ALL = `<input type="checkbox" title="all servers" onclick="for(const e of this.form.elements)if(e.name==='s')e.checked=this.checked">`;

function headings({ admin, modules }: TableOptions): string {
  const groups = GROUPS.map(([name, columns]) => `<th colspan="${columns}">${name}`).join('');
  const extra = modules ? `<th colspan="${MODULES.length}">Extra modules` : '';
  const boxes = admin ? TICK_ALL : '';
  return `<tr class="titre"><th rowspan="2">${boxes}<th rowspan="2">${groups}${extra}
<tr class="titre">${headers(COLUMNS.split(' '))}${modules ? headers(MODULES) : ''}
`;
}

export interface TableHeading {
  readonly name: string;
  readonly description: string | undefined;
  /** What can be told of the proxy itself. */
  readonly legend: string;
}

export function tableStart({ name, description, legend }: TableHeading, options: TableOptions): string {
  const shown = escapeHtml(name);
  const link = `<a class="px" href="#${shown}">${shown}</a>`;
  const title = options.legends ? withTip(link, escapeHtml(legend)) : link;
  const words = description === undefined ? '' : `<span class="desc">${escapeHtml(description)}</span>`;
  return `<section>${options.admin ? '<form method="post">' : ''}<h3><a name="${shown}"></a>${title}${words}</h3>
<table class="tbl">
${headings(options)}`;
}

export function tableEnd(proxyId: number, { admin }: TableOptions): string {
  return admin ? `</table>${actionForm(proxyId)}</form></section>\n` : '</table></section>\n';
}

/** Proxies are named by number: their names need not be unique. */
function actionForm(proxyId: number): string {
  const actions = Object.keys(ACTION_NAMES) as ServerAction[];
  const options = actions.map((action) => `<option value="${action}">${ACTION_NAMES[action]}`).join('');
  return `<p class="actions">Choose the action to perform on the checked servers : <select name="action"><option value="">${options}</select>
<input type="hidden" name="b" value="#${proxyId}"> <input type="submit" value="Apply"></p>`;
}

const STATUSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Answers by the first digit of their status; with `share`, how much of all they are. */
function responses(row: Row, share: boolean, compressed: boolean): Detail[] {
  if (row.mode !== 'http') return [];
  const total = Number(row.req_tot);
  const portion = (count: number): string | undefined => (share ? percentage(count, total) : undefined);
  const lines: Detail[] = [['Cum. HTTP requests:', row.req_tot]];
  for (const digit of STATUSES) {
    const count = Number(row[`hrsp_${digit}`]);
    lines.push([`- HTTP ${digit} responses:`, count, portion(count)]);
    if (compressed && digit === '2xx') {
      const rsp = Number(row.comp_rsp);
      lines.push(['&nbsp;&nbsp;Compressed 2xx:', rsp, percentage(rsp, count)]);
    }
  }
  const other = Number(row.hrsp_other);
  lines.push(['- other responses:', other, portion(other)]);
  return lines;
}

function cacheLines(row: Row): Detail[] {
  if (row.cache_lookups === undefined) return [];
  const hits = Number(row.cache_hits);
  return [
    ['Cache lookups:', row.cache_lookups],
    ['Cache hits:', hits, percentage(hits, Number(row.cache_lookups))],
  ];
}

const faults = (row: Row): Detail[] =>
  row.mode === 'http'
    ? [
        ['Failed hdr rewrites:', row.wrew],
        ['Internal errors:', row.eint],
      ]
    : [];

function waits(row: Row): Detail[] {
  const times = (name: string, most: Row[keyof Row], mean: Row[keyof Row]): Detail => [
    `- ${name} time:`,
    `${most} / ${mean}`,
    'ms',
  ];
  return [
    ['Max / Avg over last 1024 success. conn.', ''],
    times('Queue', row.qtime_max, row.qtime),
    times('Connect', row.ctime_max, row.ctime),
    ...(row.mode === 'http' ? [times('Responses', row.rtime_max, row.rtime)] : []),
    times('Total', row.ttime_max, row.ttime),
  ];
}

function connectionLines(row: Row): Detail[] {
  if (row.mode !== 'http') return [];
  const reused = Number(row.reuse);
  return [
    ['New connections:', row.connect],
    ['Reused connections:', reused, percentage(reused, Number(row.connect) + reused)],
  ];
}

/** What came in and what of it went out compressed, of a frontend or a backend. */
function bytesOut(row: Row): string {
  const [incoming, outgoing] = [Number(row.comp_in), Number(row.comp_out)];
  if (incoming === 0 && row.comp_byp === 0) return cell(row.bout);
  const saved = incoming - outgoing;
  const all = Number(row.bout) + saved;
  const tip = details([
    ['Response bytes in:', all],
    ['Compression in:', incoming],
    ['Compression out:', outgoing, percentage(outgoing, incoming)],
    ['Compression bypass:', row.comp_byp],
    ['Total bytes saved:', saved, percentage(saved, all)],
  ]);
  return cell(withTip(Number(row.bout), tip));
}

const MODULE_TEXTS: Readonly<Record<ModuleField, string>> = {
  ssl_sess: 'TLS sessions',
  ssl_reused_sess: 'TLS sessions resumed',
  ssl_failed_handshake: 'Failed handshakes',
  h2_headers_rcvd: 'HEADERS frames received',
  h2_data_rcvd: 'DATA frames received',
  h2_settings_rcvd: 'SETTINGS frames received',
  h2_rst_stream_rcvd: 'RST_STREAM frames received',
  h2_goaway_rcvd: 'GOAWAY frames received',
  h2_detected_conn_protocol_errors: 'Protocol errors of connections',
  h2_detected_strm_protocol_errors: 'Protocol errors of streams',
  h2_rst_stream_resp: 'RST_STREAM sent for errors',
  h2_goaway_resp: 'GOAWAY sent for errors',
  h2_open_connections: 'Open connections',
  h2_backend_open_streams: 'Open streams',
  h2_total_connections: 'Connections',
  h2_backend_total_streams: 'Streams',
  h1_open_connections: 'Open connections',
  h1_open_streams: 'Open streams',
  h1_total_connections: 'Connections',
  h1_total_streams: 'Streams',
  h1_bytes_in: 'Bytes received',
  h1_bytes_out: 'Bytes sent',
  h1_spliced_bytes_in: 'Bytes received by splicing',
  h1_spliced_bytes_out: 'Bytes sent by splicing',
};

function moduleCells(row: Row, { modules }: TableOptions): string {
  if (!modules) return '';
  return MODULES.map((module) => {
    const names = MODULE_FIELD_NAMES.filter((name) => name.startsWith(`${module}_`));
    const tip = details(names.map((name): Detail => [`${MODULE_TEXTS[name]}:`, row[name]]));
    return cell(tip === '' ? '' : withTip(module, tip), 'ac tl');
  }).join('');
}

function box(row: Row, { admin }: TableOptions): string {
  return cell(admin ? `<input type="checkbox" name="s" value="${escapeHtml(String(row.svname))}">` : '');
}

function nameCell(row: Row, anchor: string, shown: string, legend: string): string {
  const target = `${escapeHtml(String(row.pxname))}/${escapeHtml(anchor)}`;
  const link = `<a class="lfsb" href="#${target}">${escapeHtml(shown)}</a>`;
  return cell(`<a name="${target}"></a>${withTip(link, legend)}`, 'ac');
}

/** Where it listens or goes to, as a legend says it: `IPv4: 192.0.2.1:80`. */
function addressLegend(row: Row): string | undefined {
  if (row.addr === undefined) return undefined;
  const address = String(row.addr);
  if (address === 'unix') return 'unix';
  return `${address.startsWith('[') ? 'IPv6' : 'IPv4'}: ${address}`;
}

const legendOf = (parts: readonly (string | undefined)[]): string =>
  escapeHtml(parts.filter((part) => part !== undefined).join(', '));

const cookieLegend = (row: Row): string | undefined =>
  row.cookie === undefined ? undefined : `cookie: '${row.cookie}'`;

function ratesTip(row: Row, which: 'Current' | 'Max'): string {
  const now = which === 'Current';
  const perSecond = (value: Row[keyof Row]): string => `${value}/s`;
  return details([
    [`${which} connection rate:`, perSecond(now ? row.conn_rate : row.conn_rate_max)],
    [`${which} session rate:`, perSecond(now ? row.rate : row.rate_max)],
    [
      `${which} request rate:`,
      row.mode === 'http' ? perSecond(now ? row.req_rate : row.req_rate_max) : undefined,
    ],
  ]);
}

export function frontendLine(row: Row, options: TableOptions): string {
  const total = details([
    ['Cum. connections:', row.conn_tot],
    ['Cum. sessions:', row.stot],
    ...responses(row, false, true),
    ['Intercepted requests:', row.intercepted],
    ...cacheLines(row),
    ...faults(row),
  ]);
  return [
    '<tr class="frontend"><td>',
    nameCell(row, 'Frontend', 'Frontend', ''),
    '<td colspan="3">',
    cell(withTip(Number(row.rate), ratesTip(row, 'Current'))),
    cell(withTip(Number(row.rate_max), ratesTip(row, 'Max'))),
    cell(limit(row.rate_lim)),
    cell(row.scur),
    cell(row.smax),
    cell(row.slim),
    cell(withTip(Number(row.stot), total)),
    '<td><td>',
    cell(row.bin),
    bytesOut(row),
    cell(row.dreq),
    cell(row.dresp),
    cell(row.ereq),
    '<td><td><td><td>',
    cell(row.status, 'ac'),
    '<td colspan="8">',
    moduleCells(row, options),
    '\n',
  ].join('');
}

export function listenerLine(row: Row, options: TableOptions): string {
  const name = String(row.svname);
  const legend = options.legends ? legendOf([addressLegend(row), `id: ${row.sid}`]) : '';
  return [
    '<tr class="socket"><td>',
    nameCell(row, `+${name}`, name, legend),
    '<td colspan="3"><td colspan="3">',
    cell(row.scur),
    cell(row.smax),
    cell(limit(row.slim)),
    cell(row.stot),
    '<td><td>',
    cell(row.bin),
    cell(row.bout),
    cell(row.dreq),
    cell(row.dresp),
    cell(row.ereq),
    '<td><td><td><td>',
    cell(row.status, 'ac'),
    '<td colspan="8">',
    moduleCells(row, options),
    '\n',
  ].join('');
}

const lastSession = (row: Row): string => (Number(row.lastsess) < 0 ? '?' : period(Number(row.lastsess)));

/** The columns from the bytes to the redispatches, which servers and backends have alike. */
function trafficCells(row: Row, out: string): string {
  const aborts = `Connection resets during transfers: ${row.cli_abrt} client, ${row.srv_abrt} server`;
  return [
    cell(row.bin),
    out,
    cell(row.dreq),
    cell(row.dresp),
    cell(''),
    cell(row.econ),
    cell(withTip(Number(row.eresp), aborts)),
    cell(row.wretr),
    cell(row.wredis),
  ].join('');
}

function currentSessions(row: Row): string {
  const tip = details([
    ['Current active connections:', row.scur],
    ['Current used connections:', row.used_conn_cur],
    ['Current idle connections:', row.srv_icur],
    ['- unsafe:', row.idle_conn_cur],
    ['- safe:', row.safe_conn_cur],
    ['Estimated need of connections:', row.need_conn_est],
    ['Active connections limit:', limit(row.slim)],
    ['Idle connections limit:', row.src_ilim ?? '-'],
  ]);
  return withTip(Number(row.scur), tip);
}

function serverTotal(row: Row): string {
  const tip = details([
    ['Cum. sessions:', row.stot],
    ...connectionLines(row),
    ...responses(row, true, false),
    ...faults(row),
    ...waits(row),
  ]);
  return withTip(Number(row.stot), tip);
}

/** The last check, and what it said; then the agent's. */
function checkCell(row: Row): string {
  if (row.check_status === undefined && row.agent_status === undefined) return cell('', 'ac');
  const said = (description: Row[keyof Row], text: Row[keyof Row]): string =>
    escapeHtml(text === undefined || text === '' ? String(description) : `${description}: ${text}`);
  const agent =
    row.agent_status === undefined
      ? ''
      : `Agent: ${row.agent_status} in ${row.agent_duration ?? 0}ms, ${said(row.agent_desc, row.last_agt)}`;
  if (row.check_status === undefined) return cell(withTip('agent', agent), 'ac tl');
  const code = row.check_code === undefined ? '' : `/${row.check_code}`;
  const duration = row.check_duration === undefined ? '' : ` in ${row.check_duration}ms`;
  const tip = said(row.check_desc, row.last_chk) + (agent === '' ? '' : `<br>${agent}`);
  return cell(withTip(`${row.check_status}${code}${duration}`, tip), 'ac tl');
}

/** Failed checks, times down and how long; of a server that follows another one, which. */
function healthCells(row: Row): string {
  if (row.tracked !== undefined) {
    const tracked = escapeHtml(String(row.tracked));
    return `<td class="ac" colspan="3"><a class="lfsb" href="#${tracked}">via ${tracked}</a></td>`;
  }
  if (row.status === 'MAINT (resolution)') return '<td class="ac" colspan="3">resolution';
  if (row.chkfail === undefined || row.status === 'MAINT') return '<td colspan="3">';
  const failed =
    row.hanafail === undefined
      ? withTip(Number(row.chkfail), 'Failed Health Checks')
      : withTip(`${row.chkfail}/${row.hanafail}`, 'Failed Health Checks/Health Analyses');
  return cell(failed, 'tl') + cell(row.chkdown) + cell(period(Number(row.downtime)));
}

function statusCell(row: Row, style: string): string {
  if (row.status === 'no check') return cell('<i class="none">no check</i>', 'ac');
  const arrow = style.endsWith('_going_down') ? ' &darr;' : style.endsWith('_going_up') ? ' &uarr;' : '';
  // Why it is in maintenance stands in the columns of its checks.
  const status = String(row.status).replace(/^MAINT .*/, 'MAINT');
  return cell(`${period(Number(row.lastchg))} ${escapeHtml(status)}${arrow}`, 'ac');
}

export function serverLine(row: Row, style: string, options: TableOptions): string {
  const name = String(row.svname);
  const legend = options.legends ? legendOf([addressLegend(row), `id: ${row.sid}`, cookieLegend(row)]) : '';
  return [
    `<tr class="${style}">`,
    box(row, options),
    nameCell(row, name, name, legend),
    cell(row.qcur),
    cell(row.qmax),
    cell(limit(row.qlimit)),
    cell(row.rate),
    cell(row.rate_max),
    cell(''),
    cell(currentSessions(row)),
    cell(row.smax),
    cell(limit(row.slim)),
    cell(serverTotal(row)),
    cell(row.lbtot),
    cell(lastSession(row)),
    trafficCells(row, cell(row.bout)),
    statusCell(row, style),
    checkCell(row),
    cell(`${row.weight}/${row.uweight}`, 'ac'),
    cell(row.act === 1 ? 'Y' : '-', 'ac'),
    cell(row.bck === 1 ? 'Y' : '-', 'ac'),
    healthCells(row),
    cell(row.throttle === undefined ? '-' : `${row.throttle} %`, 'ac'),
    moduleCells(row, options),
    '\n',
  ].join('');
}

export function backendLine(row: Row, options: TableOptions): string {
  const legend = options.legends ? legendOf([`balancing: ${row.algo}`, cookieLegend(row)]) : '';
  const total = details([
    ['Cum. sessions:', row.stot],
    ...connectionLines(row),
    ...responses(row, false, true),
    ...cacheLines(row),
    ...faults(row),
    ...waits(row),
  ]);
  return [
    '<tr class="backend"><td>',
    nameCell(row, 'Backend', 'Backend', legend),
    cell(row.qcur),
    cell(row.qmax),
    cell(''),
    cell(row.rate),
    cell(row.rate_max),
    cell(''),
    cell(row.scur),
    cell(row.smax),
    cell(row.slim),
    cell(withTip(Number(row.stot), total)),
    cell(row.lbtot),
    cell(lastSession(row)),
    trafficCells(row, bytesOut(row)),
    cell(`${period(Number(row.lastchg))} ${row.status}`, 'ac'),
    cell(''),
    cell(`${row.weight}/${row.uweight}`, 'ac'),
    cell(row.act, 'ac'),
    cell(row.bck, 'ac'),
    cell(''),
    cell(row.chkdown),
    cell(row.downtime === undefined ? '' : period(Number(row.downtime))),
    cell(''),
    moduleCells(row, options),
    '\n',
  ].join('');
}
