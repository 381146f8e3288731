/**
 * What every proxy has: mode, name-giving keywords, limits, the way to its backend.
 * Specification: configuration manual 4.2.
 */
import { registerKeywords } from '../keyword.ts';
import { misplaced } from '../misplaced.ts';
import { leadingInteger } from '../time-and-size.ts';

registerKeywords(
  {
    scope: 'proxy',
    name: 'mode',
    syntax: '{ tcp | http }',
    doc: 'Whether the proxy forwards a stream of bytes or understands HTTP. Default: tcp.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const mode = args.next() ?? '';
      if (mode === 'health') {
        args.alert(
          "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.",
        );
      } else if (mode !== 'tcp' && mode !== 'http') {
        args.alert(`unknown proxy mode '${mode}'.`, "the modes are 'tcp' and 'http'");
      } else {
        target.mode = mode;
        args.expectEnd();
      }
    },
  },
  {
    scope: 'proxy',
    name: 'default_backend',
    syntax: '<backend>',
    doc: 'The backend for what no `use_backend` rule took.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const name = args.next();
      if (name === undefined) {
        args.alert("'default_backend' expects a backend name.");
        return;
      }
      target.defaultBackend = { name, origin: { file: args.line.file, line: args.line.line } };
      args.expectEnd();
    },
  },
  {
    scope: 'proxy',
    name: 'maxconn',
    syntax: '<conns>',
    doc: 'Connections that the frontend serves at the same time; more wait in the kernel.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'maxconn' expects an integer argument.");
        return;
      }
      target.maxconn = leadingInteger(text);
      args.expectEnd();
    },
    misplaced: (context) => misplaced(context, 'maxconn', " Maybe you want 'fullconn' instead ?"),
  },
  {
    scope: 'proxy',
    name: 'retries',
    syntax: '<value>',
    doc: 'How often a connection to a server is tried again after it failed. Default: 3.',
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'retries' expects an integer argument (dispatch counts for one).");
        return;
      }
      target.retries = leadingInteger(text);
      args.expectEnd();
    },
  },
);
