import { useState } from 'preact/hooks';
import type { FileView } from '../../../api/file-routes.ts';
import type { JobDetailView } from '../../../api/views.ts';
import { apiUrl, archiveUrl } from '../lab.ts';
import { bytes } from '../times.ts';
import { useAsk } from '../use-ask.ts';
import { visible } from '../visible.ts';

const everyMs = 5000;
const mostShown = 1000; // of a folder

/** What the archive has of a job; folders open when somebody wants to see into them. */
export function JobFiles({ run, job }: { run: string; job: JobDetailView }) {
  const live = job.finished_at === null && job.started_at !== null;
  return (
    <section>
      <h2>
        Archive <a href={archiveUrl(run, job.job_id, '')}>as a page</a>
      </h2>
      <Folder run={run} id={job.job_id} path={[]} live={live} state={job.status} />
    </section>
  );
}

function Folder(props: { run: string; id: number; path: readonly string[]; live: boolean; state: string }) {
  const { run, id, path, live, state } = props;
  const url = apiUrl(['runs', run, 'jobs', id, 'files'], { folder: path.join('/'), limit: mostShown });
  // Another status is another answer: what a job leaves behind comes with its end.
  const { data } = useAsk<{ files: FileView[]; next: string | null }>(
    `${url}&at=${state}`,
    live ? everyMs : null,
    {
      keep: true,
    },
  );
  if (data === null) return null;
  if (data.files.length === 0) return <p class="dim">{path.length === 0 ? 'nothing yet' : 'empty'}</p>;
  const sorted = data.files.toSorted((a, b) => rank(a) - rank(b));
  return (
    <ul class="files">
      {sorted.map((file) => (
        <li key={file.name}>
          {file.kind === 'folder' ? (
            <Closed {...props} path={[...path, file.name]} />
          ) : (
            <>
              <a href={archiveUrl(run, id, ...path, file.name)}>{visible(file.name)}</a>
              <span class="dim n">{bytes(file.size)}</span>
            </>
          )}
        </li>
      ))}
      {data.next === null ? null : (
        <li>
          <a href={archiveUrl(run, id, ...path, '')}>all of them, as pages</a>
        </li>
      )}
    </ul>
  );
}

function Closed(props: Parameters<typeof Folder>[0]) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{visible(props.path.at(-1) ?? '')}/</summary>
      {open ? <Folder {...props} /> : null}
    </details>
  );
}

/** The log first, then what tells most, then folders. */
function rank(file: FileView): number {
  if (file.name === 'teuthology.log') return 0;
  if (file.kind === 'folder') return 3;
  return file.name === 'summary.yaml' ? 1 : 2;
}
