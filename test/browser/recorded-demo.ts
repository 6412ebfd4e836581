import { Collector, Recorder, type Recording } from '../../src/inspector/index.ts';
import { visible } from '../../src/pgbouncer/commands/shown.ts';
import { Story } from '../../src/pgbouncer/demo/story.ts';
import { startBackend, World } from '../../src/pgbouncer/demo/world.ts';

/** The demo's story on real servers, recorded, with every secret that there was in it. */
export async function recordDemo(): Promise<{ recording: Recording; secrets: readonly string[] }> {
  const backend = await startBackend();
  try {
    const world = await World.before(backend.primary, backend.replica, { isCertified: true });
    try {
      const collector = new Collector();
      const recorder = new Recorder((message) => void collector.take(message), {
        title: 'hookchart demo',
        charm: visible,
      });
      const story = new Story(world, () => {}, recorder, new AbortController().signal);
      try {
        const { ok } = await story.tellAll();
        if (!ok) throw new Error('a check of the demo does not hold');
      } finally {
        await story.stop();
      }
      const secrets = [...world.secrets, backend.primary.password];
      return { recording: collector.recording, secrets };
    } finally {
      await world.stop();
    }
  } finally {
    await backend.stop();
  }
}
