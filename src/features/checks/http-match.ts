/**
 * Judges the response to an HTTP check against one `expect` rule. Pure.
 * Specification: configuration manual 4.2 `http-check expect`, `http-check disable-on-404`; texts as HAProxy 2.6's.
 */
import type { Judgement, Match, ReadyExpectation, TextMatch } from './check-rules.ts';
import { type HttpResponseText, readResponse } from './http-response.ts';
import { matchesPattern } from './pattern-cache.ts';
import { tell } from './stream-match.ts';

export interface HttpCircumstances {
  readonly stopsOn404: boolean;
  readonly comment: string | undefined;
  /** False for the answer to HEAD. */
  readonly hasBody: boolean;
}

/** `received` is latin1; `final`: there will be no more. */
export function judgeHttp(
  rule: ReadyExpectation,
  received: string,
  final: boolean,
  { stopsOn404, comment, hasBody }: HttpCircumstances,
): Judgement {
  const fail = (text: string, more: Omit<Exclude<Judgement, 'more'>, 'passed'> = {}): Judgement => {
    const told = rule.onError === undefined ? text : tell(rule.onError, received);
    return { passed: false, ...more, info: comment === undefined ? told : `${told} comment: ${comment}` };
  };
  const response = readResponse(received, final, hasBody);
  if (response === 'incomplete' && !final) return 'more';
  if (response === 'incomplete' || response === 'invalid') return fail('', { status: 'L7RSP' });
  const { code, reason, body, bodyIsComplete } = response;
  if (stopsOn404 && code === 404) {
    return { passed: true, status: 'L7OKC', code, info: '', concludes: true };
  }
  const { match, negated, minReceivedBytes } = rule;
  if (match.type === 'status' || match.type === 'rstatus' || match.type === 'header') {
    if (matchesHead(match, response) !== negated) return { passed: true, code };
    return fail(reason, { status: rule.errorStatus ?? 'L7STS', code });
  }
  if (body === '') {
    return bodyIsComplete ? fail('HTTP content check could not find a response body', { code }) : 'more';
  }
  if (!bodyIsComplete && body.length < Math.max(minReceivedBytes, exactLength(match))) return 'more';
  const matched = matchesBody(match, body);
  if (!matched && !bodyIsComplete && minReceivedBytes < 0) return 'more';
  if (matched !== negated) return { passed: true, code };
  return fail(matched ? 'HTTP check matched unwanted content' : 'HTTP content check did not match', { code });
}

function exactLength(match: Match): number {
  return match.type === 'string' || match.type === 'log-format string' ? match.text.length : 0;
}

function matchesBody(match: Match, body: string): boolean {
  switch (match.type) {
    case 'string':
    case 'log-format string':
      return body.includes(match.text);
    case 'regex':
      return matchesPattern(match.pattern, body);
    default:
      return false;
  }
}

function matchesHead(
  match: Match & { type: 'status' | 'rstatus' | 'header' },
  { code, headers }: HttpResponseText,
): boolean {
  switch (match.type) {
    case 'status':
      return match.ranges.some(({ from, to }) => code >= from && code <= to);
    case 'rstatus':
      return matchesPattern(match.pattern, String(code));
    case 'header':
      return headers.some(([name, value]) => {
        if (!matchesName(match.name, name)) return false;
        const wanted = match.value;
        if (wanted === undefined) return true;
        const values = match.full ? [value] : splitList(value);
        return values.some((one) => matchesText(wanted, one));
      });
  }
}

/** Names are in lower case; what is looked for in them may not be. */
function matchesName({ method, text }: TextMatch, name: string): boolean {
  if (method === 'reg') return matchesPattern(text, name, true);
  return matchesText({ method, text: text.toLowerCase() }, name);
}

function matchesText({ method, text }: TextMatch, value: string): boolean {
  switch (method) {
    case 'str':
      return value === text;
    case 'beg':
      return value.startsWith(text);
    case 'end':
      return value.endsWith(text);
    case 'sub':
      return value.includes(text);
    case 'reg':
      return matchesPattern(text, value);
  }
}

/** The parts of a comma-separated list; commas in quoted strings do not count. */
function splitList(value: string): string[] {
  const parts = value.match(/(?:"(?:[^"\\]|\\.)*"?|[^,"])+/g) ?? [''];
  return parts.map((part) => part.trim());
}
