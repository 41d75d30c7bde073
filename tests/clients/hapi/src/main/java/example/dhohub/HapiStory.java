package example.dhohub;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;
import ca.uhn.fhir.rest.gclient.DateClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Enumerations;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** The base of a hub → what an ordinary Java program does with it by HAPI's generic client; one line for each step. */
public final class HapiStory {
  private static final String SYSTEM = "https://leverandor.example/hapi";
  private static final String LOINC = "http://loinc.org";

  private final IGenericClient client;
  private final String base;
  private final String run = Long.toHexString(System.nanoTime());
  private int failures;

  private HapiStory(FhirContext context, String base, EncodingEnum encoding) {
    this.base = base;
    client = context.newRestfulGenericClient(base);
    client.setEncoding(encoding);
    client.setPrettyPrint(encoding == EncodingEnum.XML);
  }

  private interface Step {
    void run() throws Exception;
  }

  /** The base URL of the hub. Exit status 1 when a step fails. */
  public static void main(String[] arguments) {
    FhirContext context = FhirContext.forR4();
    context.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
    context.getRestfulClientFactory().setSocketTimeout(60_000);
    int failed = 0;
    for (EncodingEnum encoding : List.of(EncodingEnum.JSON, EncodingEnum.XML)) {
      HapiStory story = new HapiStory(context, arguments[0], encoding);
      story.tell(encoding.name().toLowerCase());
      failed += story.failures;
    }
    System.exit(failed == 0 ? 0 : 1);
  }

  private void tell(String way) {
    step(way, "capabilities", this::capabilities);
    step(way, "create, read, vread, update, history, delete", this::life);
    step(way, "no-op update and conflicting versions", this::versions);
    step(way, "conditional create, update, delete", this::conditions);
    step(way, "patch", this::patch);
    step(way, "transaction and batch", this::bundles);
    step(way, "search with pages", this::pages);
    step(way, "search with chains, includes, composites and sums", this::searches);
    step(way, "operations", this::operations);
    step(way, "errors", this::errors);
  }

  private void step(String way, String name, Step step) {
    try {
      step.run();
      System.out.println("ok " + way + ": " + name);
    } catch (BaseServerResponseException refused) {
      failures++;
      System.out.println("FAILED " + way + ": " + name + ": " + refused.getMessage() + " " + refused.getResponseBody());
      refused.printStackTrace(System.err);
    } catch (Exception | AssertionError wrong) {
      failures++;
      System.out.println("FAILED " + way + ": " + name + ": " + wrong);
      wrong.printStackTrace(System.err);
    }
  }

  private static void same(Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("expected " + expected + " but there was " + actual);
    }
  }

  private Patient person(String family) {
    Patient patient = new Patient();
    patient.addIdentifier().setSystem(SYSTEM).setValue(run + family);
    patient.addName().setFamily(family).addGiven("Prøve");
    patient.setGender(Enumerations.AdministrativeGender.FEMALE);
    patient.setActive(true);
    return patient;
  }

  private Observation value(IIdType who, String number, String minute) {
    Observation value = new Observation();
    value.setStatus(Observation.ObservationStatus.FINAL);
    value.getCode().addCoding(new Coding(LOINC, "59408-5", "SpO2"));
    value.setSubject(new Reference(who.toUnqualifiedVersionless()));
    value.setEffective(new DateTimeType("2026-11-20T08:" + minute + ":00+01:00"));
    value.setValue(new Quantity().setValue(new BigDecimal(number)).setUnit("%").setSystem("http://unitsofmeasure.org").setCode("%"));
    return value;
  }

  private void capabilities() {
    CapabilityStatement statement = client.capabilities().ofType(CapabilityStatement.class).execute();
    same(Enumerations.FHIRVersion._4_0_1, statement.getFhirVersion());
    same(true, statement.getRestFirstRep().getResource().size() > 100);
  }

  private void life() {
    MethodOutcome created = client.create().resource(person("Liv")).prefer(PreferReturnEnum.REPRESENTATION).execute();
    same(true, created.getCreated());
    IIdType id = created.getId().toUnqualified();
    same("1", id.getVersionIdPart());
    Patient patient = client.read().resource(Patient.class).withId(id.getIdPart()).execute();
    same("Liv", patient.getNameFirstRep().getFamily());
    patient.addAddress().setCity("Ålesund").setText("Blåbærstien 4 <bak> & 5");
    IIdType second = client.update().resource(patient).execute().getId();
    same("2", second.getVersionIdPart());
    Patient first = client.read().resource(Patient.class).withIdAndVersion(id.getIdPart(), "1").execute();
    same(false, first.hasAddress());
    Patient newest = client.read().resource(Patient.class).withId(id.getIdPart()).execute();
    same("Blåbærstien 4 <bak> & 5", newest.getAddressFirstRep().getText());
    Patient unchanged = client.read().resource(Patient.class).withId(id.getIdPart()).ifVersionMatches("2").returnNull().execute();
    same(true, unchanged == null);
    Bundle history = client.history().onInstance(id.toVersionless()).returnBundle(Bundle.class).execute();
    same(2, history.getEntry().size());
    same("2", history.getEntryFirstRep().getResource().getMeta().getVersionId());
    Bundle since = client.history().onType(Patient.class).returnBundle(Bundle.class).since(Date.from(Instant.now().minusSeconds(300))).count(1).execute();
    same(1, since.getEntry().size());
    client.delete().resourceById(id.toVersionless()).execute();
    try {
      client.read().resource(Patient.class).withId(id.getIdPart()).execute();
      throw new AssertionError("it is still there");
    } catch (ResourceGoneException gone) {
      same(410, gone.getStatusCode());
    }
    newest.setId(id.toVersionless());
    same("4", client.update().resource(newest).execute().getId().getVersionIdPart());
  }

  private void versions() {
    IIdType id = client.create().resource(person("Vera")).execute().getId();
    Patient patient = client.read().resource(Patient.class).withId(id.getIdPart()).execute();
    same("1", client.update().resource(patient).execute().getId().getVersionIdPart());
    patient.setBirthDate(new Date(0));
    client.update().resource(patient).execute();
    AdditionalRequestHeadersInterceptor stale = new AdditionalRequestHeadersInterceptor();
    stale.addHeaderValue("If-Match", "W/\"1\"");
    client.registerInterceptor(stale);
    try {
      patient.setActive(false);
      client.update().resource(patient).execute();
      throw new AssertionError("an old version was overwritten");
    } catch (PreconditionFailedException | ResourceVersionConflictException refused) {
      same(412, refused.getStatusCode());
    } finally {
      client.unregisterInterceptor(stale);
    }
  }

  private void conditions() {
    String mine = SYSTEM + "|" + run + "Kari";
    MethodOutcome first = client.create().resource(person("Kari")).conditional().where(Patient.IDENTIFIER.exactly().systemAndIdentifier(SYSTEM, run + "Kari")).execute();
    MethodOutcome second = client.create().resource(person("Kari")).conditionalByUrl("Patient?identifier=" + mine).execute();
    same(first.getId().getIdPart(), second.getId().getIdPart());
    Patient changed = person("Kari");
    changed.setBirthDate(new Date(0));
    MethodOutcome updated = client.update().resource(changed).conditional().where(Patient.IDENTIFIER.exactly().systemAndIdentifier(SYSTEM, run + "Kari")).execute();
    same(first.getId().getIdPart(), updated.getId().getIdPart());
    same("2", updated.getId().getVersionIdPart());
    client.delete().resourceConditionalByType(Patient.class).where(Patient.IDENTIFIER.exactly().systemAndIdentifier(SYSTEM, run + "Kari")).execute();
    Bundle none = client.search().forResource(Patient.class).where(Patient.IDENTIFIER.exactly().systemAndIdentifier(SYSTEM, run + "Kari")).returnBundle(Bundle.class).execute();
    same(0, none.getEntry().size());
  }

  private void patch() {
    IIdType id = client.create().resource(person("Petra")).execute().getId().toUnqualifiedVersionless();
    client.patch().withBody("[{\"op\":\"replace\",\"path\":\"/active\",\"value\":false}]").withId(id).execute();
    same(false, client.read().resource(Patient.class).withId(id.getIdPart()).execute().getActive());
    Parameters change = new Parameters();
    Parameters.ParametersParameterComponent operation = change.addParameter().setName("operation");
    operation.addPart().setName("type").setValue(new org.hl7.fhir.r4.model.CodeType("replace"));
    operation.addPart().setName("path").setValue(new StringType("Patient.active"));
    operation.addPart().setName("value").setValue(new org.hl7.fhir.r4.model.BooleanType(true));
    client.patch().withFhirPatch(change).withId(id).execute();
    same(true, client.read().resource(Patient.class).withId(id.getIdPart()).execute().getActive());
  }

  private void bundles() {
    Bundle transaction = new Bundle().setType(Bundle.BundleType.TRANSACTION);
    Patient patient = person("Tora");
    String urn = "urn:uuid:" + java.util.UUID.randomUUID();
    transaction.addEntry().setFullUrl(urn).setResource(patient).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Patient").setIfNoneExist("identifier=" + SYSTEM + "|" + run + "Tora");
    Observation value = value(new IdType("Patient", "x"), "94.50", "00");
    value.setSubject(new Reference(urn));
    transaction.addEntry().setResource(value).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Observation");
    Bundle answer = client.transaction().withBundle(transaction).execute();
    same(Bundle.BundleType.TRANSACTIONRESPONSE, answer.getType());
    same(true, answer.getEntry().get(1).getResponse().getStatus().startsWith("201"));
    String location = answer.getEntry().get(1).getResponse().getLocation();
    Observation stored = client.read().resource(Observation.class).withId(new IdType(location).getIdPart()).execute();
    same("94.50", stored.getValueQuantity().getValueElement().getValueAsString());
    same(new IdType(answer.getEntry().get(0).getResponse().getLocation()).getIdPart(), stored.getSubject().getReferenceElement().getIdPart());
    Bundle batch = new Bundle().setType(Bundle.BundleType.BATCH);
    batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Observation/" + stored.getIdElement().getIdPart());
    batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Patient/finnes-ikke");
    Bundle both = client.transaction().withBundle(batch).execute();
    same(true, both.getEntry().get(0).getResponse().getStatus().startsWith("200"));
    same(true, both.getEntry().get(1).getResponse().getStatus().startsWith("404"));
    same(true, both.getEntry().get(1).getResponse().getOutcome() instanceof OperationOutcome);
  }

  private IIdType measured() {
    IIdType who = client.create().resource(person("Siri" + System.nanoTime())).execute().getId().toUnqualifiedVersionless();
    for (int minute = 10; minute < 17; minute++) {
      client.create().resource(value(who, (80 + minute) + ".0", String.valueOf(minute))).execute();
    }
    return who;
  }

  private void pages() {
    IIdType who = measured();
    Bundle page = client.search().forResource(Observation.class)
        .where(Observation.PATIENT.hasId(who)).and(Observation.CODE.exactly().systemAndCode(LOINC, "59408-5"))
        .and(new DateClientParam("date").afterOrEquals().day("2026-11-20"))
        .sort(new SortSpec("date")).count(3).totalMode(SearchTotalModeEnum.ACCURATE).returnBundle(Bundle.class).execute();
    same(7, page.getTotal());
    Set<String> seen = new HashSet<>();
    int pages = 1;
    while (true) {
      page.getEntry().forEach(entry -> same(true, seen.add(entry.getResource().getIdElement().getIdPart())));
      if (page.getLink(Bundle.LINK_NEXT) == null) {
        break;
      }
      page = client.loadPage().next(page).execute();
      pages++;
    }
    same(7, seen.size());
    same(3, pages);
  }

  private void searches() {
    IIdType who = measured();
    Patient patient = client.read().resource(Patient.class).withId(who.getIdPart()).execute();
    String family = patient.getNameFirstRep().getFamily();
    Bundle chained = client.search().forResource(Observation.class).where(Observation.SUBJECT.hasChainedProperty(Patient.NAME.matches().value(family)))
        .include(Observation.INCLUDE_SUBJECT).count(50).returnBundle(Bundle.class).execute();
    same(8, chained.getEntry().size());
    same(1L, chained.getEntry().stream().filter(e -> e.getSearch().getMode() == Bundle.SearchEntryMode.INCLUDE).count());
    Bundle reversed = client.search().forResource(Patient.class).where(Patient.RES_ID.exactly().code(who.getIdPart())).revInclude(Observation.INCLUDE_SUBJECT).returnBundle(Bundle.class).execute();
    same(8, reversed.getEntry().size());
    Bundle has = client.search().byUrl(base + "/Patient?_has:Observation:patient:code=59408-5&_id=" + who.getIdPart()).returnBundle(Bundle.class).execute();
    same(1, has.getEntry().size());
    Bundle high = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(who)).and(Observation.VALUE_QUANTITY.greaterThan().number("93.0").andUnits("http://unitsofmeasure.org", "%")).returnBundle(Bundle.class).execute();
    same(3, high.getEntry().size());
    Bundle composite = client.search().byUrl(base + "/Observation?patient=" + who.getIdPart() + "&code-value-quantity=http://loinc.org%7C59408-5$gt95.0").returnBundle(Bundle.class).execute();
    same(1, composite.getEntry().size());
    Bundle counted = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(who)).summaryMode(SummaryEnum.COUNT).returnBundle(Bundle.class).execute();
    same(7, counted.getTotal());
    same(0, counted.getEntry().size());
    Bundle slim = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(who)).elementsSubset("status", "code").returnBundle(Bundle.class).execute();
    same(false, ((Observation) slim.getEntryFirstRep().getResource()).hasValue());
    same("SUBSETTED", slim.getEntryFirstRep().getResource().getMeta().getTagFirstRep().getCode());
    Bundle posted = client.search().forResource(Patient.class).where(Patient.RES_ID.exactly().code(who.getIdPart())).usingStyle(ca.uhn.fhir.rest.api.SearchStyleEnum.POST).returnBundle(Bundle.class).execute();
    same(1, posted.getEntry().size());
    Bundle form = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(who)).count(5).usingStyle(ca.uhn.fhir.rest.api.SearchStyleEnum.POST).returnBundle(Bundle.class).execute();
    same(5, form.getEntry().size());
    same(false, form.getLink(Bundle.LINK_NEXT).getUrl().contains(who.getIdPart()));
    Bundle second = client.loadPage().next(form).execute();
    same(2, second.getEntry().size());
    same(5, client.loadPage().previous(second).execute().getEntry().size());
    Bundle compartment = client.search().byUrl(base + "/Patient/" + who.getIdPart() + "/Observation?_count=2").returnBundle(Bundle.class).execute();
    same(2, compartment.getEntry().size());
  }

  private void operations() {
    IIdType who = measured();
    Bundle everything = client.operation().onInstance(who).named("$everything").withNoParameters(Parameters.class).returnResourceType(Bundle.class).execute();
    same(true, everything.getEntry().size() >= 8);
    Bundle everythingByGet = client.operation().onInstance(who).named("$everything").withNoParameters(Parameters.class).useHttpGet().returnResourceType(Bundle.class).execute();
    same(everything.getEntry().size(), everythingByGet.getEntry().size());
    Bundle last = client.search().byUrl(base + "/Observation/$lastn?patient=" + who.getIdPart() + "&max=2&code=59408-5").returnBundle(Bundle.class).execute();
    same(2, last.getEntry().size());
    MethodOutcome good = client.validate().resource(person("Valid")).execute();
    same(true, ((OperationOutcome) good.getOperationOutcome()).getIssue().stream().noneMatch(i -> i.getSeverity() == OperationOutcome.IssueSeverity.ERROR));
    Observation bad = new Observation();
    bad.setCode(new CodeableConcept().setText("uten status"));
    try {
      MethodOutcome outcome = client.validate().resource(bad).execute();
      same(true, ((OperationOutcome) outcome.getOperationOutcome()).getIssue().stream().anyMatch(i -> i.getSeverity() == OperationOutcome.IssueSeverity.ERROR));
    } catch (BaseServerResponseException refused) {
      same(true, refused.getOperationOutcome() instanceof OperationOutcome);
    }
  }

  private void errors() {
    try {
      client.read().resource(Organization.class).withId("finnes-ikke").execute();
      throw new AssertionError("nothing was missing");
    } catch (ResourceNotFoundException missing) {
      same(true, missing.getOperationOutcome() instanceof OperationOutcome);
    }
    try {
      client.search().byUrl(base + "/Patient?famliy=x").returnBundle(Bundle.class).execute();
      throw new AssertionError("a misspelt parameter was ignored");
    } catch (BaseServerResponseException refused) {
      same(400, refused.getStatusCode());
      same(true, ((OperationOutcome) refused.getOperationOutcome()).getIssueFirstRep().getDiagnostics().contains("famliy"));
    }
    try {
      client.create().resource(new Encounter()).execute();
      throw new AssertionError("an Encounter without status was taken");
    } catch (BaseServerResponseException refused) {
      same(true, refused.getStatusCode() == 400 || refused.getStatusCode() == 422);
      same(true, ((OperationOutcome) refused.getOperationOutcome()).getIssue().size() >= 2);
    }
  }
}
