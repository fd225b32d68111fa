import { join } from 'node:path';

/** Where an embedded lab keeps its things. The tree is part of the interface: people and tools look into it. */
export interface LabFolder {
  readonly root: string;
  readonly database: string;
  readonly archive: string;
  readonly runners: string; // assignments of running attempts
  readonly nodes: string; // what the providers keep
  readonly token: string; // the secret of the API, mode 0600
  readonly description: string; // {url, pid} of the lab that serves the folder
}

/** The paths inside a lab's folder; makes nothing. */
export function labFolder(root: string): LabFolder {
  return {
    root,
    database: join(root, 'lab.sqlite'),
    archive: join(root, 'archive'),
    runners: join(root, 'runners'),
    nodes: join(root, 'nodes'),
    token: join(root, 'token'),
    description: join(root, 'lab.json'),
  };
}
