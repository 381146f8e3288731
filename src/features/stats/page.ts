/**
 * What stands around the tables of the statistics page: what is known of the process, what the colours mean, the page's
 * other forms. Specification: configuration manual 4.2 `stats enable` and the following.
 */
import { languageVersion } from '../../config/capabilities.ts';
import { escapeHtml, grouped } from './markup.ts';
import { PAGE_STYLE } from './page-style.ts';
import { optionWords, type StatsRequest } from './stats-request.ts';

export interface PageFacts {
  readonly uri: string;
  readonly pid: number;
  readonly threads: number;
  readonly uptimeS: number;
  readonly maxconn: number;
  readonly maxPipes: number;
  readonly connections: number;
  readonly pipes: number;
  readonly connectionRate: number;
  readonly requestRate: number;
  readonly node: string | undefined;
  readonly description: string | undefined;
  readonly showsVersion: boolean;
  /** 0: browsers are not asked to load the page again. */
  readonly refreshS: number;
}

const OUTCOMES: Readonly<Record<string, readonly [style: string, text: string]>> = {
  DONE: ['active_up', 'Action processed successfully.'],
  NONE: ['active_going_down', 'Nothing has changed.'],
  PART: [
    'active_going_down',
    'Action partially processed.<br>Some server names are unknown, or stand for several servers of the backend.',
  ],
  ERRP: [
    'active_down',
    'Action not processed because of invalid parameters: the action, the backend or all servers are unknown or ambiguous, or a name was too long.',
  ],
  EXCD: [
    'active_down',
    '<b>Action not processed: the request did not fit the buffer.</b><br>It may do so with fewer servers at a time.',
  ],
  DENY: ['active_down', '<b>Action denied.</b>'],
  UNKN: ['active_no_check', 'Unexpected result.'],
};

const LEGEND = [
  [
    ['active_up', 'active UP'],
    ['backup_up', 'backup UP'],
  ],
  [
    ['active_going_down', 'active UP, going down'],
    ['backup_going_down', 'backup UP, going down'],
  ],
  [
    ['active_going_up', 'active DOWN, going up'],
    ['backup_going_up', 'backup DOWN, going up'],
  ],
  [
    ['active_down', 'active or backup DOWN'],
    ['active_no_check', 'not checked'],
  ],
  [
    ['maintain', 'DOWN for maintenance (MAINT)'],
    ['active_draining', 'UP, load-balancing disabled (NOLB, DRAIN)'],
  ],
] as const;

const legend = (): string =>
  `<table class="lgd">${LEGEND.map(
    (pairs) => `<tr>${pairs.map(([style, text]) => `<td class="${style}"><td>${text}`).join('')}`,
  ).join('\n')}
</table>`;

function uptime(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const hours = Math.floor((seconds % 86400) / 3600);
  return `${Math.floor(seconds / 86400)}d ${hours}h${two((seconds % 3600) / 60)}m${two(seconds % 60)}s`;
}

function links(facts: PageFacts, request: StatsRequest): string {
  const shown = { ...request, refreshes: request.refreshes || facts.refreshS === 0 };
  const link = (options: Partial<StatsRequest>): string =>
    escapeHtml(facts.uri + optionWords({ ...shown, ...options }));
  const exported = (format: string): string => {
    const words = `;${format}${facts.refreshS > 0 ? ';norefresh' : ''}`;
    return escapeHtml(
      facts.uri + words + optionWords({ onlyUp: false, refreshes: true, scope: request.scope }),
    );
  };
  const items = [
    `<form method="get">Scope : <input value="${request.scope}" name="scope" size="8" maxlength="20"></form>`,
    request.onlyUp
      ? `<a href="${link({ onlyUp: false })}">Show all servers</a>`
      : `<a href="${link({ onlyUp: true })}">Hide 'DOWN' servers</a>`,
    facts.refreshS === 0
      ? ''
      : shown.refreshes
        ? `<a href="${link({ refreshes: false })}">Disable refresh</a>`
        : `<a href="${link({ refreshes: true })}">Enable refresh</a>`,
    `<a href="${link({})}">Refresh now</a>`,
    `<a href="${exported('csv')}">CSV export</a>`,
    `<a href="${exported('json')}">JSON export</a> (<a href="${escapeHtml(facts.uri)};json-schema">schema</a>)`,
  ];
  return items.map((item) => (item === '' ? '' : `<li>${item}\n`)).join('');
}

function outcomeText(facts: PageFacts, request: StatsRequest): string {
  const outcome = OUTCOMES[request.outcome];
  if (outcome === undefined) return '';
  const [style, text] = outcome;
  const back = escapeHtml(facts.uri + optionWords(request));
  return `<p class="outcome ${style}"><a class="lfsb" href="${back}" title="Remove this message">[X]</a> ${text}</p>\n`;
}

export function pageStart(facts: PageFacts, request: StatsRequest): string {
  const node = facts.node === undefined ? '' : ` on ${escapeHtml(facts.node)}`;
  const description = facts.description === undefined ? '' : `: ${escapeHtml(facts.description)}`;
  const version = facts.showsVersion ? ` version ${languageVersion}-sluice` : '';
  const number = (name: string, value: string | number): string => `<dt>${name}<dd>${value}`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="iso-8859-1"><title>Statistics Report for HAProxy${node}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${PAGE_STYLE}</style></head>
<body><header><h1>HAProxy${version}</h1>
<h2>Statistics Report for pid ${facts.pid}${node}${description}</h2></header>
<div class="facts"><dl>
${number('pid', facts.pid)}${number('threads', facts.threads)}${number('uptime', uptime(facts.uptimeS))}
${number('current conns', `${grouped(facts.connections)} of ${grouped(facts.maxconn)}`)}
${number('current pipes', `${grouped(facts.pipes)} of ${grouped(facts.maxPipes)}`)}
${number('conn rate', `${grouped(facts.connectionRate)}/sec`)}${number('request rate', `${grouped(facts.requestRate)}/sec`)}
</dl>${legend()}
<ul>${links(facts, request)}</ul></div>
${outcomeText(facts, request)}`;
}

export const PAGE_END = '</body></html>\n';
