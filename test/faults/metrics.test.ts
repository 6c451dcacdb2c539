import { expect, test } from 'vitest';
import { asking, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { serveAll } from './support/serve-process.ts';
import { logShipper, templateFiles } from './support/templates.ts';

const server = serveAll({ files: templateFiles(logShipper), flags: ['--log-level', 'error'] });

test('T56 10,000 distinct pods, scraped meanwhile: not one series more', async () => {
  const { client, probe, metric } = server();
  const series = async (): Promise<string> => {
    const { text } = await probe('/metrics');
    const names = text.split('\n').map((line) => line.replace(/ [^ ]*$/u, ''));
    return names.join('\n');
  };
  const before = await series();
  let next = 0;
  const send = async (): Promise<void> => {
    for (let index = next++; index < 10_000; index = next++) {
      const object = asking(
        pod({}, { name: `pod-${index}`, labels: { [`l-${index}`]: 'x' } }),
        index % 2 === 0 ? 'log-shipper' : `t-${index}`,
      );
      const request = podReview(object, {
        uid: `uid-${index}`,
        name: `pod-${index}`,
        namespace: `ns-${index}`,
        userInfo: { username: `user-${index}` },
      });
      const path = index % 3 === 0 ? '/mutate/pods/matched' : '/mutate/pods';
      const { status } = await client.send(index % 100 === 0 ? `/nowhere/${index}` : path, reviewBody(request));
      expect(status).toBe(index % 100 === 0 ? 404 : 200);
      if (index % 1000 === 0) expect(await series()).toBe(before);
    }
  };
  await Promise.all(Array.from({ length: 16 }, send));
  expect(await series()).toBe(before);
  const patched = 'outcome="patched",code="200"';
  const named = await metric(`podgraft_admission_requests_total{webhook="named",${patched}}`);
  const matched = await metric(`podgraft_admission_requests_total{webhook="matched",${patched}}`);
  expect((named ?? 0) + (matched ?? 0)).toBe(4900);
});
