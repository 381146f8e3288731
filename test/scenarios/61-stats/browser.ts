// The statistics page in a real browser: it loads, looks as it should, loads nothing else, takes no harm from what others
// have put into it, and its form works.

import assert from 'node:assert/strict';
import { Browser } from '../../harness/browser.ts';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&';

/** As a quoted word of the configuration. */
const WRITTEN = HOSTILE.replaceAll('"', '\\"');

scenario(
  'the page in a browser: tables, tooltips, and the form by clicking through',
  { nbthread: 1, needs: ['chromium'], differs: 'the markup is its own', timeoutMs: 120_000 },
  async (t) => {
    const good = await t.httpServer('good');
    const bad = await t.httpServer(() => `HTTP/1.1 503 ${HOSTILE}\r\nContent-Length: 0\r\n\r\n`);
    await t.start(`
global
    node nodey
    description "${WRITTEN}"
${HTTP_DEFAULTS}
frontend web
    description "${WRITTEN}"
    bind ${t.ip}:8080
    option socket-stats
    default_backend farm
backend farm
    option httpchk
    cookie SERVER insert
    server good ${good.address} check inter 200 cookie "${WRITTEN}"
    server bad ${bad.address} check inter 200
    server off ${good.address} disabled
    server spare ${good.address} backup
listen page
    bind ${t.ip}:8081
    stats uri /s
    stats admin if TRUE
    stats show-node
    stats show-desc
    stats show-legends
    stats show-modules
`);
    for (let i = 0; i < 3; i++) await t.request(8080, get('/'));
    const browser = await Browser.start();
    t.after(() => browser.close());
    const home = `http://${t.ip}:8081/s`;
    const lineOf = (name: string): string => `[name="farm/${name}"]`;
    const styleOf = (name: string): Promise<string> =>
      browser.evaluate(`document.querySelector('${lineOf(name)}').closest('tr').className`);

    await browser.open(home);
    while ((await styleOf('bad')) !== 'active_down') await browser.open(home);
    assert.deepEqual(await Promise.all(['good', 'off', 'spare'].map(styleOf)), [
      'active_up',
      'maintain',
      'backup_no_check',
    ]);
    // Every line of a table has as many columns as its head.
    const widths = await browser.evaluate<
      number[][]
    >(`[...document.querySelectorAll('table.tbl')].map((table) =>
      [...table.rows].slice(1).map((row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0)))`);
    for (const [head, ...lines] of widths) for (const line of lines) assert.equal(line, (head ?? 0) + 2);
    // Colours are those of the legend, and none of the lines is without one.
    const colour = (selector: string): Promise<string> =>
      browser.evaluate(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`);
    assert.equal(await colour('tr.active_down'), await colour('.lgd .active_down'));
    assert.notEqual(await colour('tr.active_down'), await colour('tr.active_up'));

    // Tooltips appear where one points at, and only there.
    const shown = (): Promise<string[]> =>
      browser.evaluate(`[...document.querySelectorAll('.tips')].filter((tip) => tip.offsetParent !== null)
        .map((tip) => tip.textContent)`);
    assert.deepEqual(await shown(), []);
    await browser.evaluate(
      `document.querySelector('${lineOf('bad')}').closest('tr').querySelector('.tl u').id = 'check'`,
    );
    await browser.hover('#check');
    assert.deepEqual(await shown(), [`Layer7 wrong status: ${HOSTILE}`]);

    // What others have said is text.
    assert.equal(await browser.evaluate('document.images.length + document.scripts.length'), 0);
    assert.ok((await browser.evaluate<string>('document.querySelector("h2").textContent')).includes(HOSTILE));
    assert.deepEqual([...new Set(browser.requests.map((url) => new URL(url).host))].filter(Boolean), [
      `${t.ip}:8081`,
    ]);

    // The form: two servers, one action.
    for (const name of ['good', 'spare']) await browser.click(`[name="s"][value="${name}"]`);
    await browser.evaluate(
      `document.querySelector('form [name="s"][value="good"]').form.action.value = 'maint'`,
    );
    await browser.evaluate(
      `document.querySelector('[name="s"][value="good"]').form.querySelector('[type=submit]').id = 'apply'`,
    );
    await browser.follow('#apply');
    assert.equal(await browser.evaluate('location.href'), `${home};st=DONE`);
    assert.equal(await browser.evaluate('document.querySelector(".outcome").className'), 'outcome active_up');
    assert.deepEqual(await Promise.all(['good', 'spare'].map(styleOf)), ['maintain', 'maintain']);
    assert.equal((await t.request(8080, get('/'))).status, 503);

    // All boxes at once, and back.
    await browser.evaluate(
      `document.querySelector('[name="s"][value="good"]').closest('table').querySelector('th input').id = 'all'`,
    );
    await browser.click('#all');
    await browser.evaluate(`{
      const form = document.querySelector('[name="s"][value="good"]').form;
      form.action.value = 'ready';
      form.querySelector('[type=submit]').id = 'apply';
    }`);
    await browser.follow('#apply');
    assert.equal(await styleOf('off'), 'active_no_check');
    assert.equal((await t.request(8080, get('/'))).text, 'good');

    // The links: servers that are down out of sight, and the message gone.
    await browser.follow('.outcome a');
    assert.equal(await browser.evaluate('location.href'), home);
    await browser.follow('.facts li:nth-of-type(2) a');
    assert.equal(await browser.evaluate(`document.querySelector('${lineOf('bad')}')`), null);
    await browser.follow('.facts li:nth-of-type(2) a');
    assert.notEqual(await browser.evaluate(`document.querySelector('${lineOf('bad')}') !== null`), null);
    await browser.evaluate(`document.querySelector('[name=scope]').value = 'we'`);
    await browser.evaluate(`document.querySelector('[name=scope]').form.id = 'scope'`);
    const asked = browser.requests.length;
    await browser.evaluate(`document.querySelector('#scope').requestSubmit()`);
    while (browser.requests.length === asked) await browser.evaluate('0');
    assert.match(browser.requests.at(-1) ?? '', /\/s\?scope=we$/);
    assert.deepEqual(browser.errors, []);
  },
);
