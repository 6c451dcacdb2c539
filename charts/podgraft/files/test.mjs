// Asks podgraft what it thinks of a pod that names a template which isn't there: the answer must be a refusal that says so.
const template = 'podgraft-helm-test-names-a-template-that-is-not-there';
const review = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'helm-test',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace: 'default',
    operation: 'CREATE',
    dryRun: true,
    userInfo: { username: 'helm-test' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'helm-test', labels: { 'podgraft.dev/template': template } },
      spec: { containers: [{ name: 'main', image: 'none' }] },
    },
  },
};

const giveUpAtMs = Date.now() + 90_000;
for (;;) {
  const problem = await ask().catch(
    (/** @type {unknown} */ error) => `${process.env.WEBHOOK_URL} can't be reached: ${reasonOf(error)}`,
  );
  if (problem === undefined) break;
  if (Date.now() > giveUpAtMs) {
    console.error(problem);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
console.log('podgraft reads its templates and answers over TLS, as the API server calls it.');

/** What a failed request says; fetch keeps the reason in the error's cause. */
function reasonOf(error) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : 'unknown error';
}

/** What is wrong with the answer; undefined where nothing is. */
async function ask() {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(process.env.WEBHOOK_URL, { method: 'POST', headers, body: JSON.stringify(review) });
  const text = await response.text();
  if (response.status !== 200) return `the answer is HTTP ${response.status}, not 200`;
  const answer = JSON.parse(text).response;
  const isRefusal =
    answer?.uid === 'helm-test' && answer.allowed === false && answer.status?.message?.includes('PG001');
  return isRefusal ? undefined : `a template that isn't there was not refused: ${text.slice(0, 500)}`;
}
