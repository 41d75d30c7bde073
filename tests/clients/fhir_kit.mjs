// npm fhir-kit-client, as its users use it. Usage: node fhir_kit.mjs BASE; as tell.mjs tells it.
import assert from 'node:assert/strict';
import { Client } from 'fhir-kit-client';
import { tell } from './tell.mjs';

const client = new Client({ baseUrl: process.argv[2] });
const SPO2 = { coding: [{ system: 'http://loinc.org', code: '59408-5' }] };
const SYSTEM = 'https://leverandor.example/maling';

const measurement = (reference, number) => ({
  resourceType: 'Observation',
  status: 'final',
  code: SPO2,
  subject: { reference },
  identifier: [{ system: SYSTEM, value: `kit-${reference}-${number}` }],
  effectiveDateTime: `2026-09-${String(number + 1).padStart(2, '0')}T08:00:00+02:00`,
  valueQuantity: { value: 92.5, unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
});

async function refused(status, call) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.response.status, status, JSON.stringify(error.response.data));
    return error.response.data;
  }
  assert.fail(`${status} was expected`);
}

const steps = {
  async 'tells what it can do'() {
    const statement = await client.capabilityStatement();
    assert.equal(statement.fhirVersion, '4.0.1');
  },

  async 'creates a patient and her measurements'() {
    this.patient = await client.create({
      resourceType: 'Patient',
      body: { resourceType: 'Patient', name: [{ family: 'Kitsen', given: ['Node'] }] },
    });
    for (let number = 0; number < 12; number += 1) {
      await client.create({
        resourceType: 'Observation',
        body: measurement(`Patient/${this.patient.id}`, number),
      });
    }
  },

  async 'finds them page by page'() {
    const days = [];
    let page = await client.search({
      resourceType: 'Observation',
      searchParams: { patient: this.patient.id, code: '59408-5', _sort: '-date', _count: 5 },
    });
    while (page) {
      days.push(...page.entry.map((e) => Number(e.resource.effectiveDateTime.slice(8, 10))));
      page = await client.nextPage({ bundle: page });
    }
    assert.deepEqual(days, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  },

  async 'finds by a form'() {
    let page = await client.resourceSearch({
      resourceType: 'Observation',
      searchParams: { patient: this.patient.id, _count: 5 },
      options: { postSearch: true },
    });
    const sizes = [];
    let last;
    while (page) {
      assert.ok(page.link.every((link) => !link.url.includes(this.patient.id)));
      sizes.push(page.entry.length);
      last = page;
      page = await client.nextPage({ bundle: page });
    }
    assert.deepEqual(sizes, [5, 5, 2]);
    const before = await client.prevPage({ bundle: last });
    assert.equal(before.entry.length, 5);
  },

  async 'brings the patient with her measurements'() {
    const page = await client.search({
      resourceType: 'Observation',
      searchParams: { patient: this.patient.id, _include: 'Observation:patient', _count: 3 },
    });
    const modes = page.entry.map((e) => e.search.mode).sort();
    assert.deepEqual(modes, ['include', 'match', 'match', 'match']);
  },

  async 'searches the compartment of a patient'() {
    const page = await client.search({
      resourceType: 'Observation',
      compartment: { resourceType: 'Patient', id: this.patient.id },
      searchParams: { _count: 20 },
    });
    assert.equal(page.entry.length, 12);
  },

  async 'resolves a reference'() {
    const found = await client.resolve({ reference: `Patient/${this.patient.id}` });
    assert.equal(found.name[0].family, 'Kitsen');
  },

  async 'updates the version it has read, and no other'() {
    const { id } = this.patient;
    const body = { ...this.patient, active: true };
    const second = await client.update({
      resourceType: 'Patient',
      id,
      body,
      options: { headers: { 'If-Match': `W/"${this.patient.meta.versionId}"` } },
    });
    assert.equal(second.meta.versionId, '2');
    await refused(412, () =>
      client.update({
        resourceType: 'Patient',
        id,
        body: { ...body, active: false },
        options: { headers: { 'If-Match': 'W/"1"' } },
      }),
    );
  },

  async 'patches'() {
    const patched = await client.patch({
      resourceType: 'Patient',
      id: this.patient.id,
      jsonPatch: [{ op: 'add', path: '/gender', value: 'female' }],
    });
    assert.equal(patched.gender, 'female');
    assert.equal(patched.active, true);
  },

  async 'creates and updates under a condition'() {
    const body = { resourceType: 'Device', identifier: [{ system: SYSTEM, value: 'kit' }] };
    const key = `identifier=${SYSTEM}|kit`;
    const options = { headers: { 'If-None-Exist': key } };
    const made = await client.create({ resourceType: 'Device', body, options });
    const again = await client.create({ resourceType: 'Device', body, options });
    assert.equal(again.id, made.id);
    const changed = await client.update({
      resourceType: 'Device',
      searchParams: { identifier: `${SYSTEM}|kit` },
      body: { ...body, status: 'active' },
    });
    assert.equal(changed.id, made.id);
  },

  async 'tells the history of a resource and reads a version of it'() {
    const { id } = this.patient;
    const past = await client.history({ resourceType: 'Patient', id });
    assert.ok(past.entry.length >= 2);
    const first = await client.vread({ resourceType: 'Patient', id, version: '1' });
    assert.equal(first.active, undefined);
    const all = await client.history({ resourceType: 'Patient' });
    assert.equal(all.type, 'history');
    assert.equal((await client.history({})).type, 'history');
  },

  async 'sends a transaction and a batch'() {
    const fullUrl = 'urn:uuid:b1a6f2a4-8a34-4b0f-a3a5-0d52f1c6a7d9';
    const entry = [
      {
        fullUrl,
        resource: { resourceType: 'Patient', name: [{ family: 'Bundlesen' }] },
        request: { method: 'POST', url: 'Patient' },
      },
      { resource: measurement(fullUrl, 1), request: { method: 'POST', url: 'Observation' } },
    ];
    const done = await client.transaction({
      body: { resourceType: 'Bundle', type: 'transaction', entry },
    });
    assert.deepEqual(done.entry.map((e) => e.response.status.slice(0, 3)), ['201', '201']);
    const asked = await client.batch({
      body: {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: `Patient/${this.patient.id}` } },
          { request: { method: 'GET', url: 'Patient/nobody-at-all' } },
        ],
      },
    });
    assert.deepEqual(asked.entry.map((e) => e.response.status.slice(0, 3)), ['200', '404']);
  },

  async 'runs an operation'() {
    const last = await client.operation({
      name: 'lastn',
      resourceType: 'Observation',
      method: 'GET',
      input: { patient: this.patient.id, max: 2 },
    });
    assert.equal(last.entry.length, 2);
  },

  async 'deletes'() {
    const page = await client.search({
      resourceType: 'Observation',
      searchParams: { patient: this.patient.id, _count: 1 },
    });
    const { id } = page.entry[0].resource;
    await client.delete({ resourceType: 'Observation', id });
    const outcome = await refused(410, () => client.read({ resourceType: 'Observation', id }));
    assert.equal(outcome.resourceType, 'OperationOutcome');
  },

  async 'is refused what the hub does not know, with words'() {
    const outcome = await refused(400, () =>
      client.search({ resourceType: 'Patient', searchParams: { nmae: 'x' } }),
    );
    assert.match(JSON.stringify(outcome), /nmae/);
  },
};

await tell(steps);
