/** The texts that other programs read: the feature list, the list of keywords. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keywordList } from '../../../src/cli/keyword-list.ts';
import { buildOptionsText, packageVersion, versionText } from '../../../src/cli/version.ts';
import '../../../src/config/load.ts';

test('the version names the language that is spoken', () => {
  assert.match(packageVersion(), /^\d+\.\d+\.\d+/);
  assert.match(versionText('2.6.12'), /^Sluice version \S+ \(HAProxy 2\.6\.12 compatible\)\n/);
});

test('-vv lists features as HAProxy does', () => {
  const text = buildOptionsText({
    languageVersion: '2.6.12',
    capabilities: { OPENSSL: true, LUA: false },
    tlsLibrary: { name: 'OpenSSL', version: '3.0.0' },
    bufsize: 16384,
    maxrewrite: 1024,
    maxPollEvents: 200,
    maxThreads: 64,
    threads: 2,
  });
  assert.match(text, /^Feature list : \+OPENSSL -LUA$/m);
  assert.match(text, /bufsize = 16384, maxrewrite = 1024, maxpollevents = 200/);
});

test('-dK lists the classes that were asked for, and knows all of them', () => {
  const listed = keywordList('cfg,nonsense');
  assert.match(listed, /^# List of registered configuration keywords:\n/);
  assert.match(listed, /^\tmaxconn$/m);
  assert.match(listed, /^\tbind <addr> accept-proxy$/m);
  assert.doesNotMatch(listed, /CLI/);
  assert.equal(keywordList('all').match(/^# List of registered/gm)?.length, 7);
  assert.match(keywordList('help'), /^smp: sample fetch functions$/m);
  assert.equal(keywordList('nonsense'), '');
});
