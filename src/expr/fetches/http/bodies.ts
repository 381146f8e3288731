/**
 * Bodies, as far as they are in the buffer: their data, lengths and parameters. Whoever wants all of one waits for it
 * (`option http-buffer-request`, `wait-for-body`). Specification: configuration manual 7.3.6 `req.body`, `res.body` and
 * their relatives; what a rule may wait for as observed on HAProxy 2.6.
 */
import { noArguments, takesAtLeast } from '../../argument.ts';
import type { SampleLayer } from '../../availability.ts';
import { type EachFetch, type Fetch, type FetchRecord, registerFetches } from '../../fetch-record.ts';
import { Sample, T_BIN, T_INT } from '../../sample.ts';
import type { BodyScope, Scope } from '../../scope.ts';
import { Parameters } from './parameters.ts';
import { nameOf } from './value-forms.ts';

const AMPERSAND = 38;

type BodyOf = (scope: Scope) => BodyScope | null;
const request: BodyOf = (scope) => scope.requestBody;
const response: BodyOf = (scope) => scope.responseBody;

function data(bodyOf: BodyOf): Fetch {
  return (scope, sample) => {
    const body = bodyOf(scope);
    if (body === null) return false;
    if (!body.settled) sample.mayChange = true;
    return body.read(sample);
  };
}

function length(bodyOf: BodyOf, count: (body: BodyScope) => number): Fetch {
  return (scope, sample) => {
    const body = bodyOf(scope);
    return body !== null && sample.setInt(count(body));
  };
}

const available = (body: BodyScope): number => body.availableBytes;
const announced = (body: BodyScope): number => body.announcedBytes;

function bodyFetches(prefix: string, layer: SampleLayer, bodyOf: BodyOf): readonly FetchRecord[] {
  return [
    {
      name: `${prefix}.body`,
      arguments: noArguments,
      type: T_BIN,
      layers: [layer],
      doc: 'The body, as far as it has been received, without the framing of chunks.',
      manual: '7.3.6',
      link: () => data(bodyOf),
    },
    {
      name: `${prefix}.body_len`,
      arguments: noArguments,
      type: T_INT,
      layers: [layer],
      doc: 'How many bytes of the body have been received.',
      manual: '7.3.6',
      link: () => length(bodyOf, available),
    },
    {
      name: `${prefix}.body_size`,
      arguments: noArguments,
      type: T_INT,
      layers: [layer],
      doc: 'How long the body was announced to be; of one in chunks, or until the end of the connection, what is there.',
      manual: '7.3.6',
      link: () => length(bodyOf, announced),
    },
  ];
}

const parameters = new Parameters();
const whole = new Sample();

/** Opens the parameters of the request's body. False when there is none. */
function openBody(scope: Scope, sample: Sample, name: Uint8Array | null): boolean {
  const body = scope.requestBody;
  if (body === null) return false;
  if (!body.settled) sample.mayChange = true;
  body.read(whole);
  parameters.open(whole.u8, name, AMPERSAND, whole.start, whole.end);
  return true;
}

registerFetches(...bodyFetches('req', 'request', request), ...bodyFetches('res', 'response', response), {
  name: 'req.body_param',
  arguments: takesAtLeast(0, 'string'),
  type: T_BIN,
  layers: ['request'],
  doc: 'The first parameter of that name in a body that is a form, or any.',
  manual: '7.3.6',
  link: ([nameArgument]): Fetch => {
    const name = nameOf(nameArgument);
    return (scope, sample) => {
      if (!openBody(scope, sample, name) || !parameters.next()) return false;
      return sample.setString(parameters.bytes, parameters.start, parameters.end);
    };
  },
  linkEach: ([nameArgument]): EachFetch => {
    const name = nameOf(nameArgument);
    return (scope, sample, index) => {
      if (!openBody(scope, sample, name)) return false;
      for (let i = 0; i <= index; i++) if (!parameters.next()) return false;
      return sample.setString(parameters.bytes, parameters.start, parameters.end);
    };
  },
});
