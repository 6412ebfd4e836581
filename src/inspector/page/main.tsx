import './style.css';
import { render } from 'preact';
import { Collector } from '../collect.ts';
import { emptyRecording, type Recording } from '../recording.ts';
import { App } from './app.tsx';
import { embedded } from './embedded.ts';
import { paced } from './paced.ts';

const root = document.getElementById('app') as HTMLElement;

/** Shows a recording as it is now; called again when more of it is there. */
const show = (recording: Recording, feed: 'none' | 'open' | 'closed') =>
  render(
    <App
      recording={recording}
      version={++version}
      feed={feed}
      onChoose={(run) => (chosen = run)}
    />,
    root,
  );

let version = 0;
/** What is looked at: it does not go while it is. */
let chosen = '';

const path = document.querySelector<HTMLMetaElement>('meta[name=feed]')?.content;
if (path !== undefined) follow(path);
else
  try {
    show((await embedded()) ?? emptyRecording('hookchart'), 'none');
  } catch (cause) {
    root.textContent = `The recording in this page cannot be unpacked: the file was cut off, or this browser is too old (${String(cause)}).`;
  }

/**
 * Shows what comes in. A page that falls behind is hung up on, and comes back to all that is there; the
 * feed has ended where nobody is there any more.
 */
function follow(path: string): void {
  let collector = new Collector();
  let feed: 'open' | 'closed' = 'open';
  const gone = new Set<string>();
  const refresh = paced(() => show(collector.recording, feed));
  const connect = () => {
    let isOpen = false;
    const socket = new WebSocket(`ws://${location.host}${path}`);
    socket.onopen = () => {
      isOpen = true;
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === '@hookchart.recording') collector = new Collector(message.recording);
      else if (message.type === '@hookchart.gone') {
        for (const id of message.ids) gone.add(id);
        forget(collector, gone);
      } else collector.take(message);
      refresh();
    };
    socket.onclose = () => {
      if (isOpen) return connect();
      feed = 'closed';
      refresh();
    };
  };
  connect();
  refresh();
}

/** Lets go of what the hub has let go of; of what is looked at once something else is. */
function forget(collector: Collector, gone: Set<string>): void {
  const { entries } = collector.recording;
  const going = entries.filter(({ id }) => gone.has(id) && id !== chosen);
  collector.forget(new Set(going));
  for (const { id } of going) gone.delete(id);
}
