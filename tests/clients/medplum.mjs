// @medplum/core, as its users use it against a hub that is not Medplum's. Usage: node medplum.mjs BASE; as tell.mjs tells it.
import assert from 'node:assert/strict';
import { MedplumClient } from '@medplum/core';
import { tell } from './tell.mjs';

const base = new URL(process.argv[2]);
const settings = { baseUrl: `${base.origin}/`, fhirUrlPath: 'fhir', fetch, cacheTime: 0 };
const client = new MedplumClient({ ...settings, autoBatchTime: 0 });
const SYSTEM = 'https://leverandor.example/medplum';

async function refused(id, call) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.outcome.resourceType, 'OperationOutcome');
    assert.equal(error.outcome.issue[0].code, id);
    return;
  }
  assert.fail(`${id} was expected`);
}

const steps = {
  async 'creates a patient once'() {
    const body = {
      resourceType: 'Patient',
      name: [{ family: 'Plommesen', given: ['Åse'] }],
      identifier: [{ system: SYSTEM, value: 'one' }],
    };
    this.key = `identifier=${SYSTEM}|one`;
    this.patient = await client.createResourceIfNoneExist(body, this.key);
    const again = await client.createResourceIfNoneExist(body, this.key);
    assert.equal(again.id, this.patient.id);
  },

  async 'updates, upserts and patches her'() {
    const { id } = this.patient;
    const updated = await client.updateResource({ ...this.patient, active: true });
    assert.equal(updated.meta.versionId, '2');
    const { identifier } = this.patient;
    const upserted = await client.upsertResource(
      { resourceType: 'Patient', active: false, identifier },
      this.key,
    );
    assert.deepEqual([upserted.id, upserted.meta.versionId], [id, '3']);
    const patch = [{ op: 'replace', path: '/active', value: true }];
    assert.equal((await client.patchResource('Patient', id, patch)).active, true);
    const first = await client.readVersion('Patient', id, '1');
    assert.equal(first.active, undefined);
    assert.equal((await client.readHistory('Patient', id)).entry.length, 4);
  },

  async 'reads the pages of her measurements'() {
    const subject = { reference: `Patient/${this.patient.id}` };
    for (let number = 0; number < 5; number += 1) {
      const code = { text: 'puls' };
      await client.createResource({ resourceType: 'Observation', status: 'final', code, subject });
    }
    const sizes = [];
    const query = `patient=${this.patient.id}&_count=2`;
    for await (const page of client.searchResourcePages('Observation', query)) {
      sizes.push(page.length);
    }
    assert.deepEqual(sizes, [2, 2, 1]);
    assert.equal((await client.readPatientEverything(this.patient.id)).entry.length >= 6, true);
  },

  async 'reads several at once in a batch of its own'() {
    const batching = new MedplumClient({ ...settings, autoBatchTime: 20 });
    const [read, found, page] = await Promise.all([
      batching.readResource('Patient', this.patient.id),
      batching.searchOne('Patient', this.key),
      batching.search('Observation', `patient=${this.patient.id}&_total=accurate`),
    ]);
    assert.deepEqual([read.id, found.id, page.total], [this.patient.id, this.patient.id, 5]);
  },

  async 'keeps the bytes of a file'() {
    const securityContext = { reference: `Patient/${this.patient.id}` };
    const contentType = 'text/plain';
    const made = await client.createBinary({ data: 'blåbær', contentType, securityContext });
    const blob = await client.download(client.fhirUrl('Binary', made.id).toString(), {
      headers: { Accept: contentType },
    });
    assert.equal(await blob.text(), 'blåbær');
  },

  async 'validates without storing'() {
    const outcome = await client.validateResource({ resourceType: 'Patient' });
    assert.equal(outcome.issue[0].severity, 'information');
  },

  async 'is told what is gone, wrong or not spoken'() {
    await client.deleteResource('Patient', (await client.createResource({ resourceType: 'Patient' })).id);
    await refused('not-found', () => client.readResource('Patient', 'finnes-ikke'));
    await refused('not-supported', () => client.search('Patient', 'nmae=x'));
    await refused('not-found', () => client.graphql('{PatientList{id}}'));
  },
};

await tell(steps);
