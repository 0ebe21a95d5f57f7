import type { CommandSpec } from './invocation.ts';
import { JSON_VALUE } from './spec-options.ts';

/** The daemon, and who may speak to it. */
export const DAEMON_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'daemon',
    summary: 'serve the sessions of this home to programs: a local socket, HTTP and WebSocket on loopback',
    args: [
      {
        name: '<action>',
        summary: 'what to do',
        choices: ['run', 'start', 'stop', 'restart', 'status', 'logs', 'install', 'uninstall'],
      },
    ],
    options: [
      { flags: '--port <port>', summary: 'of HTTP and WebSocket (default a free one)' },
      {
        flags: '--address <address>',
        summary: 'to listen on (default 127.0.0.1); one that others reach needs a certificate',
      },
      { flags: '--certificate <file>', summary: 'PEM: HTTPS and WSS instead, under the names in it' },
      { flags: '--key <file>', summary: 'PEM, of the certificate; unreadable for others' },
      {
        flags: '--origin <origin>',
        summary: 'let pages of this site in, with a token; may be repeated',
        repeatable: true,
      },
      { flags: '-n, --last <count>', summary: 'of `logs`: lines at most (default 50)' },
      { flags: '-f, --follow', summary: 'of `logs`: show what comes, too' },
      JSON_VALUE,
    ],
    details:
      '`run` stays in the foreground, `start` does not and comes back when it is ready. One serves a home; it is for one user, and no server for several. Stopping parks turns: they go on at the next start. Commands start it when they need it; it has the environment that it was started with, and `restart` gives it the one of this terminal. `install` writes a unit of systemd or launchd for this user and says what starts it; `uninstall` removes it.',
    load: () => import('./commands/daemon.ts'),
  },
  {
    name: 'top',
    summary: 'show what the daemon does, live: sessions, slots, providers, rates, memory',
    options: [{ flags: '--once', summary: 'show it once, as where nobody looks at a screen' }, JSON_VALUE],
    load: () => import('./commands/top.ts'),
  },
  {
    name: 'token',
    summary: 'let programs in: make, list, rotate and take back tokens of the daemon',
    args: [
      { name: '<action>', summary: 'what to do', choices: ['create', 'list', 'rotate', 'revoke'] },
      { name: '[name]', summary: 'of the token; rotate without it means your own' },
    ],
    options: [
      {
        flags: '--scope <scope>',
        summary: 'observe, prompt, approve or admin; may be repeated (default observe)',
        repeatable: true,
      },
      { flags: '--session <id>', summary: 'for this session only; may be repeated', repeatable: true },
      { flags: '--expires <duration>', summary: 'until when it counts (30m, 12h, 90d; default for good)' },
      { flags: '--grace <duration>', summary: 'how long the old one counts after rotate (default 1h)' },
      { flags: '--now', summary: 'rotate without a grace: the old one, and those before it, end at once' },
      JSON_VALUE,
    ],
    details:
      'A scope holds nothing of another: one that sends and looks has `--scope prompt --scope observe`.',
    load: () => import('./commands/token.ts'),
  },
];
