/**
 * Variables set from the configuration, for the lines that follow and for programs started later.
 * Specification: configuration manual 3.1 `setenv` and its siblings.
 */
import { type GlobalKeyword, registerKeywords } from '../keyword.ts';

function assignment(name: 'setenv' | 'presetenv', doc: string): GlobalKeyword {
  return {
    scope: 'global',
    name,
    syntax: '<name> <value>',
    doc,
    manual: '3.1',
    parse: ({ args, reading }) => {
      const variable = args.next();
      const value = args.next();
      if (variable === undefined || value === undefined) {
        args.say('alert', `parsing ${args.place}: '${name}' expects a name and a value.`);
        return;
      }
      if (name === 'setenv') reading.environment.set(variable, value);
      else reading.environment.preset(variable, value);
    },
  };
}

registerKeywords(
  assignment('setenv', 'Sets a variable, whatever it was.'),
  assignment('presetenv', 'Sets a variable that does not exist yet.'),
  {
    scope: 'global',
    name: 'unsetenv',
    syntax: '[<name> ...]',
    doc: 'Removes variables.',
    manual: '3.1',
    parse: ({ args, reading }) => {
      if (args.done) {
        args.say('alert', `parsing ${args.place}: 'unsetenv' expects at least one variable name.`);
        return;
      }
      for (const name of args.rest()) reading.environment.unset(name);
    },
  },
  {
    scope: 'global',
    name: 'resetenv',
    syntax: '[<name> ...]',
    doc: 'Removes all variables but those named.',
    manual: '3.1',
    parse: ({ args, reading }) => reading.environment.reset(args.rest()),
  },
);
