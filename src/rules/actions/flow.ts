/** Actions that end a rule set without anything else. Specification: configuration manual 4.2 `http-request allow`, `tcp-request content accept`. */
import { registerAction } from '../action-record.ts';
import { STOP } from '../verdict.ts';

registerAction({
  name: 'allow',
  ruleSets: ['http-request', 'http-response', 'http-after-response'],
  syntax: '',
  doc: 'No further rule of this set is looked at.',
  manual: '4.2',
  parse: () => ({}),
  link: () => () => STOP,
});
