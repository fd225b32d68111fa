import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import type { Logger } from '../../core/ports/logger.ts';
import type { SiteSettings } from '../../core/config/site-settings.ts';
import { createConnectionPool } from './connection-pool.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { remoteFiles } from './files.ts';
import { isOnline, probeLogin } from './login-probe.ts';
import type { Login } from './login-probe.ts';
import { remoteOs } from './os.ts';
import { pullDirectory } from './pull-directory.ts';
import { rebootHost } from './reboot.ts';
import type { ConnectOptions, Remote } from './remote.ts';
import type { RetryOptions } from './retry.ts';
import { runCommand, startCommand } from './run-command.ts';
import type { Shell } from './run-command.ts';
import { createRouteConnector } from './route-connector.ts';
import type { RouteConnector } from './route-connector.ts';
import { sshCommand } from './ssh-command.ts';
import type { SshTarget } from './ssh-target.ts';
import { NotConnectedError, ReconnectFailedError } from './transport-errors.ts';

export interface SshRemoteParams {
  readonly target: SshTarget;
  readonly site: Pick<SiteSettings, 'sshKey' | 'verifyHostKeys' | 'testPath'>;
  readonly log: Logger; // named `teuthology.orchestra`: its child `run` gets commands and their output
  readonly signal?: AbortSignal; // of the job: ends attempts to connect
  readonly agentSocket?: string | null; // SSH_AUTH_SOCK
  readonly home?: string; // where `.ssh` is; default: the caller's home
  readonly tuning?: SshTuning;
}

/** For tests, and for sites with servers unlike the usual. */
interface SshTuning {
  readonly sleepFor?: RetryOptions['sleepFor'];
  readonly channelsPerConnection?: number; // default 8
  readonly patienceMs?: number; // in line for a channel before another connection is made; default 1 s
  readonly killGraceSeconds?: number; // between SIGTERM and SIGKILL; default 5
  readonly silenceSeconds?: number; // how long processes that an ended command left behind are listened to; default 10
}

/** A host that is reached by SSH. Nothing is read or sent before `connect`. */
export function createSshRemote(params: SshRemoteParams): Remote {
  const { target, log, tuning = {} } = params;
  const host = target.shortname;
  const connector = createRouteConnector({
    target,
    site: {
      sshKey: params.site.sshKey,
      verifyHostKeys: params.site.verifyHostKeys,
      home: params.home ?? homedir(),
      loginName: userInfo().username,
      agentSocket: params.agentSocket ?? null,
    },
    log: log.child('connection'),
    signal: params.signal,
    sleepFor: tuning.sleepFor,
  });
  const pool = createConnectionPool({
    host,
    log: log.child('connection'),
    reconnect: () => connector.again({}),
    another: () => connector.another(),
    channels: tuning.channelsPerConnection,
    patienceMs: tuning.patienceMs,
  });
  const session = createSession({ host, pool, connector });
  const shell: Shell = {
    host,
    pool,
    log: log.child('remote'),
    runLog: log.child('run'),
    marker: `loligo-${randomBytes(9).toString('hex')}:`,
    killGraceSeconds: tuning.killGraceSeconds ?? 5,
    silenceSeconds: tuning.silenceSeconds ?? 10,
    get execsLast() {
      return session.login?.execsLast ?? false;
    },
  };
  const run: Remote['run'] = (command, options) => runCommand(shell, command, options);

  return {
    name: `${target.user}@${target.hostname}`,
    shortname: host,
    user: target.user,
    hostname: target.hostname,
    get testDir() {
      if (params.site.testPath !== null) return params.site.testPath;
      if (session.login === null) throw new NotConnectedError(host);
      return `${session.login.home}/cephtest`;
    },
    get connected() {
      return pool.connected;
    },
    get sshCommand() {
      return sshCommand(target, params.site.sshKey);
    },
    connect: session.connect,
    reconnect: session.reconnect,
    close: () => pool.close(),
    isOnline: () => isOnline(pool),
    reboot: (options) =>
      rebootHost({ host, run, reconnect: session.reconnect, sleepFor: tuning.sleepFor, ...options }),
    run,
    start: (command, options) => startCommand(shell, command, options),
    async sh(script, options) {
      return (await run(script, { ...options, collect: 'stdout' })).stdout;
    },
    ...remoteFiles(run, host),
    pullDirectory: (path, receive, options) =>
      pullDirectory({ run, host, log: shell.log, path, receive, ...options }),
    ...remoteOs(run, host),
  };
}

interface Session extends Pick<Remote, 'connect' | 'reconnect'> {
  readonly login: Login | null; // null until first connected
}

function createSession(params: { host: string; pool: ConnectionPool; connector: RouteConnector }): Session {
  const { host, pool, connector } = params;
  let login: Login | null = null;
  return {
    get login() {
      return login;
    },
    async connect(options: ConnectOptions = {}) {
      await pool.connect(() => connector.first(options));
      login ??= await probeLogin(pool, host);
    },
    async reconnect(options = {}) {
      await pool.close();
      try {
        await pool.connect(() => connector.again(options));
        login = await probeLogin(pool, host);
      } catch (cause) {
        throw new ReconnectFailedError(host, cause);
      }
    },
  };
}
