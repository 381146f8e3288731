/** The grammar of the command line. What HAProxy 2.6 does with each of these was seen by running it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, type CommandLine, parseCommandLine } from '../../../src/cli/command-line.ts';

function parse(...args: string[]): CommandLine {
  return parseCommandLine(args);
}

function actionOf(...args: string[]): Action {
  return parse(...args).action;
}

test('files come from -f and, to the end, from --', () => {
  assert.deepEqual(parse('-f', 'a', '-db', '-f', 'b', '--', 'c', '-d').files, ['a', 'b', 'c', '-d']);
  assert.equal(parse('-f', 'a', '--', '-d').debug, false);
});

test("an option's argument may be the next one whatever it looks like, or stand with its option", () => {
  assert.deepEqual(parse('-f', '-c').files, ['-c']);
  assert.deepEqual(parse('-f/etc/haproxy/config').files, ['/etc/haproxy/config']);
  const line = parse('-f', 'a', '-p', 'pid', '-L', 'me', '-C', 'there', '-n', '10', '-N5', '-m', '64x');
  assert.equal(line.pidfile, 'pid');
  assert.equal(line.localPeer, 'me');
  assert.equal(line.directory, 'there');
  assert.equal(line.maxconn, 10);
  assert.equal(line.proxyMaxconn, 5);
  assert.equal(line.memoryMegabytes, 64);
  assert.equal(parse('-f', 'a', '-n', 'abc').maxconn, 0);
});

test('an option without its argument is refused', () => {
  for (const option of ['-f', '-p', '-n', '-N', '-m', '-L', '-C']) {
    const action = actionOf('-c', '-f', 'a', option);
    assert.equal(action.kind, 'refused', option);
  }
});

test('only the first letters of a flag count', () => {
  assert.deepEqual(actionOf('-vfoo'), { kind: 'version', details: false });
  assert.deepEqual(actionOf('-vv'), { kind: 'version', details: true });
  assert.equal(parse('-dbx', '-f', 'a').foreground, true);
  assert.equal(parse('-Dx', '-f', 'a').daemon, true);
  assert.equal(parse('-qq', '-f', 'a').quiet, true);
  const debug = parse('-dX', '-f', 'a');
  assert.deepEqual([debug.debug, debug.foreground], [true, true]);
});

test('-v wins at its place, whatever stands behind it', () => {
  assert.deepEqual(actionOf('-v', '--nonsense'), { kind: 'version', details: false });
  assert.equal(actionOf('--nonsense', '-v').kind, 'usage');
});

test('the usage for everything that is no option, and where there is no file', () => {
  const mistakes = [[], ['-h'], ['-Z'], ['-'], ['--foo'], ['a.cfg'], ['-c', 'a.cfg'], ['-c'], ['-q']];
  for (const args of [...mistakes, ['-s'], ['-sx']]) {
    assert.equal(actionOf(...args).kind, 'usage', args.join(' '));
  }
});

test('-cc takes a condition that does not look like an option, and needs no file', () => {
  assert.deepEqual(actionOf('-cc', 'streq(a,b)'), { kind: 'condition', text: 'streq(a,b)' });
  assert.equal(actionOf('-cc').kind, 'usage');
  assert.equal(actionOf('-cc', '-f', 'a').kind, 'usage');
  assert.deepEqual(actionOf('-cc', 'x', '-c', '-f', 'a'), { kind: 'condition', text: 'x' });
});

test('-sf and -st take pids up to the next option', () => {
  const line = parse('-f', 'a', '-sf', '12', '34', '-db');
  assert.deepEqual(line.oldProcesses, { pids: [12, 34], signal: 'SIGUSR1' });
  assert.equal(line.foreground, true);
  assert.deepEqual(parse('-f', 'a', '-st', '7').oldProcesses, { pids: [7], signal: 'SIGTERM' });
  assert.deepEqual(parse('-sf', '-f', 'a').oldProcesses.pids, []);
  assert.deepEqual(parse('-f', 'a', '-sf', ' 12').oldProcesses.pids, [12]);
});

test('what is no pid: a word is told, zero and nothing are the usage', () => {
  assert.deepEqual(actionOf('-f', 'a', '-sf', '12abc'), {
    kind: 'refused',
    message: '-sf option: some bytes unconsumed in PID list {abc}',
  });
  assert.equal(actionOf('-f', 'a', '-st', '0').kind, 'usage');
  assert.equal(actionOf('-f', 'a', '-st', '').kind, 'usage');
});

test('debug options that change something', () => {
  const line = parse('-f', 'a', '-dD', '-dW', '-dr', '-dR', '-dS', '-dG', '-dV', '-dL', '-dKcfg,cli');
  assert.equal(line.showDiag, true);
  assert.equal(line.zeroWarning, true);
  assert.equal(line.ignoreUnresolved, true);
  assert.equal(line.withoutReusePort, true);
  assert.equal(line.withoutSplice, true);
  assert.equal(line.withoutGetaddrinfo, true);
  assert.equal(line.withoutServerVerify, true);
  assert.equal(line.listLibraries, true);
  assert.equal(line.keywordClasses, 'cfg,cli');
  assert.equal(line.debug, false);
});

test('-dM: its options are checked', () => {
  for (const option of ['-dM', '-dM50', '-dM0x10,fail', '-dMno-merge,tag', '-dMno-integrity']) {
    assert.equal(actionOf('-f', 'a', option).kind, 'start', option);
  }
  assert.deepEqual(actionOf('-f', 'a', '-dMfoo'), {
    kind: 'refused',
    message: '-dM: unknown pool debugging feature <foo>',
  });
  assert.equal(actionOf('-dMhelp').kind, 'memory-help');
});

test('master-worker mode and socket transfer are refused by name', () => {
  for (const args of [['-W'], ['-Ws'], ['-S', 'x'], ['-x', 'y']]) {
    const action = actionOf('-f', 'a', ...args);
    assert.equal(action.kind, 'refused');
    assert.match(action.kind === 'refused' ? action.message : '', new RegExp(`'${args[0]}'`));
  }
});
