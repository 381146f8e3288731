/**
 * `option ldap-check`: an anonymous bind, and what the answer says. Pure.
 * Specification: configuration manual 4.2 `option ldap-check`; RFC 4511 4.2, 4.1.9; texts as HAProxy 2.6 gives them.
 */
import { type BuiltInRule, expecting, type Judgement, sending } from './check-rules.ts';

/** LDAPMessage 1: BindRequest, version 3, empty name, simple authentication with an empty password. */
const ANONYMOUS_BIND = '\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00';
/** The shortest BindResponse. */
const SHORTEST_BYTES = 14;
const SEQUENCE = 0x30;
const INTEGER = 2;
const BIND_RESPONSE = 0x61;
const ENUMERATED = 10;

export function ldapRules(): BuiltInRule[] {
  return [sending(ANONYMOUS_BIND), expecting({ type: 'reply', judge: judgeLdap })];
}

const NOT_LDAP: Judgement = { passed: false, info: 'Not LDAPv3 protocol' };

function judgeLdap(received: string, final: boolean): Judgement {
  const cut: Judgement = final ? { passed: false } : 'more';
  if (received.length < SHORTEST_BYTES) return cut;
  const at = (place: number): number => received.charCodeAt(place);
  if (at(0) !== SEQUENCE) return NOT_LDAP;
  // Of the long forms of a length HAProxy knows those that servers use: two bytes and four.
  if (at(1) >= 0x80 && at(1) !== 0x82 && at(1) !== 0x84) return NOT_LDAP;
  let place = behindLength(received, 1);
  if (at(place) !== INTEGER || at(place + 1) !== 1 || at(place + 2) !== 1) return NOT_LDAP;
  place += 3;
  if (at(place) !== BIND_RESPONSE) return NOT_LDAP;
  place = behindLength(received, place + 1);
  if (place + 2 >= received.length) return cut;
  if (at(place) !== ENUMERATED || at(place + 1) !== 1) return NOT_LDAP;
  const resultCode = at(place + 2);
  if (resultCode === 0) return { passed: true, info: 'Success' };
  return {
    passed: false,
    status: 'L7STS',
    code: resultCode,
    info: 'See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9',
  };
}

/** A length is one byte, or a byte that says how many follow. */
function behindLength(received: string, place: number): number {
  const first = received.charCodeAt(place);
  return place + 1 + (first > 0x80 ? first & 0x7f : 0);
}
