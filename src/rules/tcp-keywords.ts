/**
 * The keywords of the rule sets for TCP: `tcp-request connection|session|content|inspect-delay` and `tcp-response
 * inspect-delay|content`. Specification: configuration manual 4.2; wording of messages as HAProxy 2.6.
 */
import {
  type KeywordContext,
  type ProxyKeyword,
  type ProxySection,
  registerKeywords,
} from '../config/keyword.ts';
import { BACKENDS_ONLY, refusedInAnonymousDefaults } from '../config/misplaced.ts';
import type { ProxyConfig } from '../config/model.ts';
import { parseTime } from '../config/time-and-size.ts';
import { type InspectDelay, inspectDelayFacet } from './inspect-delay.ts';
import { placeOf } from './place.ts';
import { ruleKeyword } from './rule-keywords.ts';
import type { RuleSetName } from './rule-set.ts';

const everywhere: readonly ProxySection[] = ['defaults', 'frontend', 'listen', 'backend'];
const back: readonly ProxySection[] = ['defaults', 'listen', 'backend'];
const front: readonly ProxySection[] = ['defaults', 'frontend', 'listen'];

/** Rules of the client connection in a backend: HAProxy refuses them instead of ignoring the line. */
function connectionKeyword(name: RuleSetName, doc: string): ProxyKeyword {
  return {
    ...ruleKeyword(name, front, doc),
    misplaced: ({ args, target }) => {
      args.rest();
      args.alert(`${name} is not allowed because ${target.kind} ${target.name} is not a frontend`);
    },
  };
}

function refuseResponse({ args }: KeywordContext<ProxyConfig>): void {
  const { keyword } = args;
  args.rest();
  args.alert(`${keyword} ${BACKENDS_ONLY}`);
}

function delayKeyword(
  name: string,
  sections: readonly ProxySection[],
  field: keyof InspectDelay,
): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<time>',
    doc: 'How long content rules may wait for enough data to tell whether they match.',
    manual: '4.2',
    sections,
    parse: (context) => {
      const { args, target } = context;
      if (refusedInAnonymousDefaults(context, name)) return;
      const text = args.next() ?? '';
      const time = parseTime(text, 'ms');
      // What follows the delay is ignored.
      args.rest();
      if (text === '' || !time.ok) {
        const why =
          !time.ok && time.fault === 'character' && text !== ''
            ? ` (unexpected character '${time.character}')`
            : '';
        args.alert(`'${name}' expects a positive delay in milliseconds, in ${placeOf(target)}${why}`);
        return;
      }
      inspectDelayFacet.of(target)[field] = time.value;
    },
    ...(field === 'responseMs' ? { misplaced: refuseResponse } : {}),
  };
}

/** A first word without a second that is known. */
function family(name: string, expected: string): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<rule set> …',
    doc: `Rules for TCP: ${expected}.`,
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      const word = args.next();
      args.rest();
      if (word === undefined) args.alert(`missing argument for '${name}' in ${placeOf(target)}`);
      else args.alert(`'${name}' expects ${expected} in ${placeOf(target)} (got '${word}')`);
    },
  };
}

registerKeywords(
  family('tcp-request', "'inspect-delay', 'connection', or 'content'"),
  connectionKeyword('tcp-request connection', 'What is done with each connection as soon as it is accepted.'),
  connectionKeyword(
    'tcp-request session',
    'What is done with each connection once a PROXY header has told who it is from.',
  ),
  ruleKeyword(
    'tcp-request content',
    everywhere,
    'What is done with what a client sends, before a server is chosen.',
  ),
  delayKeyword('tcp-request inspect-delay', everywhere, 'requestMs'),
  family('tcp-response', "'inspect-delay' or 'content'"),
  {
    ...ruleKeyword(
      'tcp-response content',
      back,
      'What is done with what a server sends, from the first byte on.',
    ),
    misplaced: refuseResponse,
  },
  delayKeyword('tcp-response inspect-delay', back, 'responseMs'),
);
