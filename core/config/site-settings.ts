import { usualRules } from '../scheduling/queue-rules.ts';
import type { QueueRules } from '../scheduling/queue-rules.ts';
import type { Retention } from '../results/retention.ts';

/** What holds for every job of a site, read once at start. */
export interface SiteSettings {
  readonly testPath: string | null; // null = `cephtest` in the login's home
  readonly labDomain: string; // '' = names are used as they are
  readonly cephCmAnsibleRepo: string | null; // null = no ansible repository configured
  readonly sshKey: string | null; // private key file
  readonly agentSocket: string | null; // of an SSH agent whose keys may be used
  readonly testUser: string; // login of targets that name none
  readonly verifyHostKeys: boolean;
}

/** The settings of a site that are not for tasks but for whoever starts, queues and watches jobs. */
export interface SiteConfig extends SiteSettings {
  readonly defaultMachineType: string | null; // null = jobs must name one
  readonly maxJobSeconds: number; // the deadline of one attempt
  readonly sleepBeforeTeardownSeconds: number;
  readonly holdHours: number; // how long nodes are held after a failure, where they are
  readonly apiLimits: ApiLimits;
  readonly queueRules: QueueRules;
  readonly mail: MailSettings;
  readonly retention: Retention | null; // null = a lab takes nothing out of its archive by itself
  readonly resultsServer: string | null; // URL of a paddles server
}

/** Who is told about runs, and how. */
export interface MailSettings {
  readonly smtpUrl: string | null; // smtp://[user:password@]host[:port] or smtps://; null = mails become files
  readonly from: string;
  readonly to: string | null; // for runs that name nobody, and of runs that cannot be scheduled
  readonly timeoutSeconds: number; // a run that takes longer is mailed about before its end
}

/** How often the API of a lab may be asked. 0 = as often as anybody likes. */
export interface ApiLimits {
  readonly readsPerMinute: number; // requests of any kind from one address
  readonly writesPerMinute: number; // of one caller
}

/** The settings of a site without a settings file. */
export const defaultSite: SiteConfig = {
  testPath: null,
  labDomain: '',
  cephCmAnsibleRepo: null,
  sshKey: null,
  agentSocket: null,
  verifyHostKeys: true,
  testUser: 'ubuntu',
  defaultMachineType: null,
  maxJobSeconds: 3 * 24 * 3600,
  sleepBeforeTeardownSeconds: 0,
  holdHours: 8,
  resultsServer: null,
  retention: null,
  mail: { smtpUrl: null, from: 'teuthology@localhost', to: null, timeoutSeconds: 43_200 },
  apiLimits: { readsPerMinute: 1200, writesPerMinute: 300 },
  queueRules: usualRules,
};
