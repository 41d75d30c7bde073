// Steps of a story, by name → each is taken, with what the ones before have kept in `this`; one line per step, exit status 1 when one had a fault.
export async function tell(steps) {
  const known = {};
  let faults = 0;
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step.call(known);
      console.log(`ok ${name}`);
    } catch (error) {
      faults += 1;
      console.log(`fault ${name}: ${error.stack ?? error}`);
    }
  }
  process.exit(faults ? 1 : 0);
}
