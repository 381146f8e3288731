/**
 * How the statistics page looks. The classes of rows have the names that HAProxy's have; colours tell the same things.
 */
const STATES: readonly [names: string, light: string, dark: string][] = [
  ['active_up', '#c4f5c4', '#1b5410'],
  ['backup_up', '#bcd6fb', '#27384a'],
  ['active_going_down', '#fbf7a8', '#66640f'],
  ['backup_going_down', '#d3a0f0', '#4d1a70'],
  ['active_going_up', '#ffd75a', '#8a6d08'],
  ['backup_going_up', '#f7a6f4', '#701a6d'],
  ['active_down', '#ff9c96', '#751410'],
  ['backup_down', '#ff9c96', '#751410'],
  ['active_nolb', '#6cbcf5', '#0d5790'],
  ['backup_nolb', '#a0bce6', '#234066'],
  ['active_draining', '#6cbcf5', '#0d5790'],
  ['backup_draining', '#d6ab45', '#80600f'],
  ['active_no_check', '#e4e4e4', '#33363a'],
  ['backup_no_check', '#e4e4e4', '#33363a'],
  ['maintain', '#d39a55', '#80501a'],
  ['frontend', '#eeeede', '#2c2f33'],
  ['backend', '#eeeede', '#2c2f33'],
  ['titre', '#7adada', '#12696b'],
];

const colours = (dark: boolean): string =>
  STATES.map(([name, light, night]) => `.${name}{background:${dark ? night : light}}`).join('');

export const PAGE_STYLE = `
body{font:12px arial,helvetica,sans-serif;background:#fff;color:#111;margin:1em}
h1{font-size:1.6em;margin:0}h2{font-size:1.2em;margin:.2em 0 .6em}
.facts{display:flex;gap:3em;border-top:1px solid #888}.facts ul{margin:.8em 0}
h3.pxname{display:inline-block;margin:1.4em 0 0;padding:.2em .6em;background:#a01846}h3.pxname a{color:#fff4a0}
p.desc{display:inline;margin-left:1em}p.outcome{padding:.4em}
a{color:inherit;text-decoration:none}.facts a{text-decoration:underline}
u{text-decoration:none;border-bottom:1px dotted}
table.tbl{border-collapse:collapse;width:100%}
.tbl td,.tbl th{border:1px solid #999;padding:2px 3px;font-size:10px;white-space:nowrap;text-align:right}
.tbl th,.tbl td.ac{text-align:center}
${colours(false)}
@media(prefers-color-scheme:dark){body{background:#14171a;color:#e8e6e3}${colours(true)}}
`;
