import { simulated as ingress } from '../../docs/ingress/charm/simulated.ts';
import { Collector, Recorder, type Recording, recordedCharm } from '../../src/inspector/index.ts';
import { Simulation } from '../../src/testing/index.ts';

/** An ingress to which one application says where it is. */
export async function anIngress(): Promise<Recording> {
  const collector = new Collector();
  const recorder = new Recorder((message) => void collector.take(message), {
    title: 'an ingress',
    ...(ingress.visible && { charm: ingress.visible }),
  });
  const tested = new Simulation(recordedCharm(recorder, ingress), {
    units: 1,
    requirers: { web: { units: 1, request: { model: '"shop"', name: '"web"', port: '80' } } },
  });
  await tested.rest();
  await tested.take({ _tag: 'Relate', application: 'web' });
  await tested.rest();
  return collector.recording;
}
