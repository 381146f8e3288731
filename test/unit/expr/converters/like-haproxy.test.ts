/** Holds converters against the real HAProxy: same chains, same inputs, same bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeScratch } from '../../../../src/expr/scratch.ts';
import { families } from './families.ts';
import { type Family, HaproxySamples, skipWithoutHaproxy } from './haproxy-samples.ts';
import { LocalSamples } from './local-samples.ts';

const BUFFER_BYTES = 65536;
const TEST_OPTIONS = { ...skipWithoutHaproxy, timeout: 300_000 };

function shown(result: Buffer | undefined): string {
  if (result === undefined) return 'nothing';
  if (result.length === 8) return `${result.toString('hex')} (${result.readBigInt64BE()})`;
  return `${JSON.stringify(result.toString('latin1'))}`;
}

async function compare(haproxy: HaproxySamples, index: number, family: Family): Promise<string[]> {
  const expected = await haproxy.evaluate(index, family.inputs);
  const local = new LocalSamples(family.type, family.chains);
  const differences: string[] = [];
  family.inputs.forEach((input, at) => {
    const results = local.evaluate(input);
    family.chains.forEach((chain, number) => {
      const [want, got] = [expected[at]?.[number], results[number]];
      if (want === undefined ? got === undefined : got !== undefined && want.equals(got)) return;
      differences.push(`${chain} of ${shown(input)}: haproxy ${shown(want)}, here ${shown(got)}`);
    });
  });
  return differences;
}

/** All chains of a family are one file and one answer, which must fit HAProxy's buffer. */
const CHAINS_AT_ONCE = 250;

function inParts(family: Family): Family[] {
  const parts: Family[] = [];
  for (let at = 0; at < family.chains.length; at += CHAINS_AT_ONCE)
    parts.push({ ...family, chains: family.chains.slice(at, at + CHAINS_AT_ONCE) });
  return parts;
}

test('converters give what HAProxy gives', TEST_OPTIONS, async (t) => {
  sizeScratch(BUFFER_BYTES);
  const wanted = process.env['SLUICE_TEST_FAMILY'] ?? '';
  const chosen = families.filter(({ name }) => name.includes(wanted)).flatMap(inParts);
  const haproxy = await HaproxySamples.start(chosen, BUFFER_BYTES);
  try {
    for (const [index, family] of chosen.entries()) {
      const count = family.chains.length * family.inputs.length;
      await t.test(`${family.name}: ${count} values`, async () => {
        const differences = await compare(haproxy, index, family);
        assert.equal(differences.length, 0, differences.slice(0, 40).join('\n'));
      });
    }
  } finally {
    await haproxy.stop();
    sizeScratch(16384);
  }
});
