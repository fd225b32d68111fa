import { useEffect } from 'preact/hooks';
import type { NodeDetailView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { Fact, Loading, Nothing, Trail, Trouble, When } from '../parts/bits.tsx';
import { Status } from '../parts/status.tsx';
import { hrefOf } from '../router.ts';
import { moment } from '../times.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { visible, visibleLines } from '../visible.ts';
import { Holder } from './nodes.tsx';

const everyMs = 3000;

/** One node: what is wrong with it first, then what it is, what jobs say against it, and its history. */
export function NodePage({ name }: { name: string }) {
  const { data: node, error } = useAsk<NodeDetailView>(apiUrl(['nodes', name]), everyMs);
  const now = useNow();
  useEffect(() => {
    document.title = node === null ? name : `${node.state} · ${name}`;
  }, [node, name]);
  return (
    <>
      <Trail>
        <a href={hrefOf(['nodes'])}>Nodes</a>
      </Trail>
      <Trouble error={error} stale={node !== null} />
      {node === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : (
        <>
          <h1>
            <Status status={node.state} large /> <span class="mono">{visible(node.name)}</span>
          </h1>
          {node.reason === null ? null : (
            <div class={`verdict v-${node.state === 'quarantined' ? 'dead' : 'queued'}`}>
              <pre>{visibleLines(node.reason)}</pre>
              {node.marked_by === null ? null : <p class="dim">said {visible(node.marked_by)}</p>}
            </div>
          )}
          <div class="columns">
            <NodeFacts node={node} now={now} />
            <Evidence node={node} now={now} />
          </div>
          <History node={node} now={now} />
        </>
      )}
    </>
  );
}

function NodeFacts({ node, now }: { node: NodeDetailView; now: number }) {
  const held = node.locked_by !== null || node.job !== null;
  return (
    <section>
      <h2>About</h2>
      <dl class="facts">
        <Fact name={held ? 'for' : 'note'}>
          {held || node.description !== null ? <Holder node={node} /> : null}
        </Fact>
        <Fact name="owner">{visible(node.locked_by ?? '')}</Fact>
        <Fact name="locked">
          {node.locked_since === null ? null : <When at={node.locked_since} now={now} />}
        </Fact>
        <Fact name="until">
          {node.lease_until === null ? null : <When at={node.lease_until} now={now} />}
        </Fact>
        <Fact name={`${node.state} since`}>
          {moment(node.state_since)} <span class="dim">UTC</span>
        </Fact>
        <Fact name="last used">
          {node.last_used_at === null ? 'never' : <When at={node.last_used_at} now={now} />}
        </Fact>
        <Fact name="machine type">{visible(node.machine_type)}</Fact>
        <Fact name="system">{visible(`${node.os_type} ${node.os_version} ${node.arch}`)}</Fact>
        <Fact name="provider">{visible(node.provider)}</Fact>
        <Fact name="address">
          <code>{visible(`${node.user}@${node.address}${node.port === 22 ? '' : `:${node.port}`}`)}</code>
        </Fact>
      </dl>
    </section>
  );
}

function Evidence({ node, now }: { node: NodeDetailView; now: number }) {
  return (
    <section>
      <h2>Held against it</h2>
      {node.evidence.length === 0 ? (
        <Nothing>Nothing since it last served a job well.</Nothing>
      ) : (
        <table>
          <tbody>
            {node.evidence.map((each) => (
              <tr key={`${each.at}${each.reason}`}>
                <td class="n dim">
                  <When at={each.at} now={now} />
                </td>
                <td>{each.kind === 'certain' ? 'certain sign' : each.kind}</td>
                <td class="what">
                  {visible(each.reason)}{' '}
                  {each.job === null ? null : (
                    <a href={hrefOf(['runs', each.job.run, each.job.job_id])}>job {each.job.job_id}</a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function History({ node, now }: { node: NodeDetailView; now: number }) {
  if (node.history.length === 0) return null;
  return (
    <section>
      <h2>History</h2>
      <table>
        <tbody>
          {node.history.map((each, index) => (
            <tr key={`${each.at}${index}`}>
              <td class="n dim">
                <When at={each.at} now={now} />
              </td>
              <td>{each.event}</td>
              <td>{visible(each.by)}</td>
              <td class="what">{visible(each.detail)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
