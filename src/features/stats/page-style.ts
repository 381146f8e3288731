/**
 * How the statistics page looks. The classes of lines have the names that HAProxy's have, and their colours tell the same
 * things. Nothing is loaded from anywhere, and nothing moves.
 */
const STATES: readonly [names: string, light: string, dark: string][] = [
  ['active_up', '#c3f0c6', '#1c4d22'],
  ['backup_up', '#c2dcfb', '#24405f'],
  ['active_going_down', '#fbf3a2', '#66600f'],
  ['backup_going_down', '#dab4f2', '#4f1f70'],
  ['active_going_up', '#ffd866', '#8a6a08'],
  ['backup_going_up', '#f5b1f3', '#701f6d'],
  ['active_down', '#ffaaa3', '#7a1a14'],
  ['backup_down', '#ffaaa3', '#7a1a14'],
  ['active_nolb', '#84c7f7', '#0f5488'],
  ['backup_nolb', '#aac3ea', '#294770'],
  ['active_draining', '#84c7f7', '#0f5488'],
  ['backup_draining', '#dcb961', '#7a5c10'],
  ['active_no_check', '#e6e7e9', '#35393e'],
  ['backup_no_check', '#e6e7e9', '#35393e'],
  ['maintain', '#dcaa6c', '#7d5220'],
  ['frontend', '#f2f1e4', '#2a2e33'],
  ['socket', '#e3e4e1', '#24282c'],
  ['backend', '#f2f1e4', '#2a2e33'],
  ['titre', '#cfe9e9', '#17494b'],
];

const colours = (dark: boolean): string =>
  STATES.map(([name, light, night]) => `.${name}{background:${dark ? night : light}}`).join('');

const LIGHT =
  '--page:#fff;--ink:#16191d;--dim:#5b636c;--line:#b4bac1;--link:#1a5fb4;--name:#a01846;--tip:#fffbe6';
const DARK =
  '--page:#14171a;--ink:#e8e6e3;--dim:#a0a8b0;--line:#4d545b;--link:#78aeed;--name:#8d1a42;--tip:#33312a';

export const PAGE_STYLE = `
:root{${LIGHT};color-scheme:light dark}
body{font:12px/1.35 arial,helvetica,sans-serif;background:var(--page);color:var(--ink);margin:1em 1.2em;min-width:max-content}
h1{font-size:1.7em;margin:0}
h2{font-size:1.2em;font-weight:normal;margin:.1em 0 .7em;color:var(--dim)}
a{color:var(--link)}
.facts{display:flex;flex-wrap:wrap;align-items:start;gap:1.2em 3.5em;border:solid var(--line);border-width:1px 0;padding:.8em 0}
.facts dl{display:grid;grid-template-columns:auto auto;gap:.2em .9em;margin:0}
.facts dt{color:var(--dim)}.facts dd{margin:0;font-weight:bold}
.facts ul{margin:0;padding-left:1.2em}.facts li{margin-bottom:.2em}.facts form{display:inline}
.lgd td{padding:.05em .9em .05em 0}.lgd td:nth-child(odd){width:1.4em;padding:0;border:1px solid var(--line)}.lgd td:nth-child(even){padding-left:.5em}
.outcome{padding:.5em .8em;border:1px solid var(--line)}
h3{margin:1.6em 0 0;font-size:1.1em}
h3 .px{display:inline-block;padding:.25em .8em;background:var(--name);color:#fff;text-decoration:none}
h3 .desc{margin-left:.8em;font-weight:normal}
h3 u,h3 u .px{border:0}
.lfsb{color:inherit;text-decoration:none}.lfsb:hover{text-decoration:underline}
.tbl{border-collapse:collapse;width:100%;font-size:11px;font-variant-numeric:tabular-nums}
.tbl>tbody>tr>td,.tbl>tbody>tr>th{border:1px solid var(--line);padding:2px 4px;white-space:nowrap;text-align:right}
.tbl>tbody>tr>th,.tbl>tbody>tr>td.ac{text-align:center}
.tbl>tbody>tr:not(.titre):hover>td{box-shadow:inset 0 1px var(--dim),inset 0 -1px var(--dim)}
.tbl input{margin:0}
i{font-style:normal;margin-right:.22em}i.none{font-style:italic;margin:0}
u{text-decoration:none;border-bottom:1px dotted var(--dim);position:relative;cursor:default}
.tips{display:none;position:absolute;z-index:9;left:-4px;top:100%;padding:4px 7px;background:var(--tip);color:var(--ink);border:1px solid var(--line);border-radius:3px;box-shadow:1px 2px 6px #0005;white-space:nowrap;text-align:left;font-weight:normal;font-size:11px}
u:hover>.tips{display:block}
.tl .tips{left:auto;right:-4px}
.tips th{text-align:left;font-weight:bold}.tips td{text-align:right;padding-left:.8em}
.actions{margin:.5em 0 0}
${colours(false)}
@media(prefers-color-scheme:dark){:root{${DARK}}${colours(true)}}
`;
